import { describe, expect, it } from 'vitest';
import { createLineBlocks } from '../../../src/redaction/lines/line-blocks.js';

describe('createLineBlocks', () => {
  it('lets go of a line without an end as soon as it is too long', () => {
    const lines = createLineBlocks(1024);
    expect(lines.take(Buffer.alloc(1500, 'x'))).toBeUndefined();
    expect(lines.take(Buffer.alloc(100, 'x'))?.toString()).toBe(`${'x'.repeat(1536)}\n`);
    expect(lines.take(Buffer.alloc(5000, 'x'))).toBeUndefined();
    expect(lines.take(Buffer.from('x\nnext'))).toBeUndefined();
    expect(lines.rest().toString()).toBe('next');
  });

  it('does not go by a buffer that its writer uses again', () => {
    const lines = createLineBlocks(1024);
    const buffer = Buffer.from('held');
    lines.take(buffer);
    buffer.fill('!');
    expect(lines.take(Buffer.from('\n'))?.toString()).toBe('held\n');
  });
});
