import { describe, it } from 'vitest';
import { askAll } from './ask-all.js';

describe('what arrives in plaintext, every combination', () => {
  it('is answered as promised', async () => {
    await askAll(1);
  });
});
