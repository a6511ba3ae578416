import { describe, expect, it } from 'vitest';
import { isSafekeepError } from '../../src/base/errors.js';
import { definePolicy } from '../../src/policy/index.js';

const withColumn = (column: object, seal: 'columns' | 'row' = 'columns') => ({
  application: 'shop',
  purposes: { account: 'contract' },
  tables: { customers: { row: 'id', seal, columns: { email: { is: 'email', for: ['account'] }, extra: column } } },
});

/** The words of the refusal, or nothing. */
function gapsOf(input: object): string {
  try {
    definePolicy(input as Parameters<typeof definePolicy>[0]);
    return '';
  } catch (error) {
    if (!isSafekeepError(error)) throw error;
    expect(error.code).toBe('ERR_POLICY_GAPS');
    return error.message;
  }
}

describe('suite and padding of a column', () => {
  it.each([{ suite: 'xaes-256-gcm' }, { suite: 'kc-xaes-256-gcm', pad: 'padme' }, { pad: 1 }, { pad: 65_536 }])(
    'may be %j',
    (given) => {
      expect(gapsOf(withColumn({ is: 'message', for: ['account'], ...given }))).toBe('');
    },
  );

  it.each([
    [{ suite: 'xaes-256-gmc' }, 'suite cannot be xaes-256-gmc; did you mean xaes-256-gcm?'],
    [{ suite: 'toString' }, 'suite cannot be toString'],
    [{ pad: 0 }, 'pad is padme'],
    [{ pad: 65_537 }, 'pad is padme'],
    [{ pad: 1.5 }, 'pad is padme'],
    [{ pad: 'padmé' }, 'pad is padme'],
    [{ pad: 32, atRest: 'clear' }, 'only a sealed column'],
    [{ suite: 'xaes-256-gcm', atRest: 'clear' }, 'only a sealed column'],
  ])('is refused as %j', (given, words) => {
    expect(gapsOf(withColumn({ is: 'message', for: ['account'], ...given }))).toContain(words);
  });

  it('belongs to no single column where rows are sealed whole', () => {
    expect(gapsOf(withColumn({ is: 'message', for: ['account'], pad: 64 }, 'row'))).toContain('sealed with its row');
  });
});
