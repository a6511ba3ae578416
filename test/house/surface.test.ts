import { describe, expect, it } from 'vitest';
import { surface } from './surface.js';

describe('the public surface', () => {
  it('is the one that was agreed on; how to change it stands in its first lines', async () => {
    await expect(surface()).toMatchFileSnapshot('surface.snap.md');
  });
});
