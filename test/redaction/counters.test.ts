import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../src/redaction/index.js';
import { collectMetrics } from '../base/collect-metrics.js';

describe('what was replaced', () => {
  it('is counted by type for OpenTelemetry, with nothing of the value', async () => {
    const collected = collectMetrics();
    const redactor = createRedactor();
    redactor.serialize({ password: 'hunter2', note: 'ada@example.com and bo@example.org' });
    redactor.text('card 4111111111111111');
    const metrics = await collected();
    const replaced = metrics.find(({ name }) => name === 'safekeep.redaction.replaced');
    expect(replaced?.unit).toBe('{replacement}');
    expect(replaced?.points).toEqual(
      expect.arrayContaining([
        { attributes: { type: 'password' }, value: 1 },
        { attributes: { type: 'email' }, value: 2 },
        { attributes: { type: 'card' }, value: 1 },
      ]),
    );
    expect(JSON.stringify(metrics)).not.toMatch(/hunter2|ada|4111/);
  });
});
