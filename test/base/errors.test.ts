import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { errorCodes, isSafekeepError, SafekeepError } from '../../src/base/errors.js';
import { nameOf, say } from '../../src/base/names.js';

describe('SafekeepError', () => {
  it('takes its status and its sentence from the table', () => {
    const error = new SafekeepError('ERR_OPTION_MISSING');
    expect(error.status).toBe(errorCodes.ERR_OPTION_MISSING[0]);
    expect(error.message).toBe('ERR_OPTION_MISSING: A required option is missing.');
    expect(error.name).toBe('SafekeepError');
    expect(error).toBeInstanceOf(Error);
  });

  it('prints its facts on one line and its lists below', () => {
    const error = new SafekeepError('ERR_OPTION_INVALID', {
      of: nameOf('tlsOnly'),
      count: 2,
      gone: undefined,
      gaps: [say`${nameOf('a')} has no purpose`, nameOf('b')],
    });
    expect(error.message).toBe(
      'ERR_OPTION_INVALID: An option has a value that is not accepted (of: tlsOnly, count: 2).\ngaps:\n  - a has no purpose\n  - b',
    );
  });

  it('freezes its facts, and a later change of the given object does not reach them', () => {
    const facts = { keyId: 7 };
    const error = new SafekeepError('ERR_OPTION_INVALID', facts);
    facts.keyId = 8;
    expect(error.facts).toEqual({ keyId: 7 });
    expect(Object.isFrozen(error.facts)).toBe(true);
  });

  it('is recognised by its code, and other errors are not', () => {
    const error: unknown = new SafekeepError('ERR_OPTION_INVALID');
    expect(isSafekeepError(error)).toBe(true);
    expect(isSafekeepError(error, 'ERR_OPTION_INVALID')).toBe(true);
    expect(isSafekeepError(error, 'ERR_OPTION_MISSING')).toBe(false);
    expect(isSafekeepError(Object.assign(new Error('x'), { code: 'ERR_OPTION_INVALID' }))).toBe(false);
    expect(isSafekeepError(null)).toBe(false);
  });

  it('has no cause through which another error could print a value', () => {
    expect(inspect(new SafekeepError('ERR_OPTION_INVALID'), { showHidden: true })).not.toContain('cause');
  });

  it('has for every code a status of a refusal and a sentence without a full stop', () => {
    for (const [code, [status, message]] of Object.entries(errorCodes)) {
      expect(code).toMatch(/^ERR_[A-Z0-9]+(_[A-Z0-9]+)*$/);
      expect(status, code).toBeGreaterThanOrEqual(400);
      expect(status, code).toBeLessThan(600);
      expect(message, code).toMatch(/^[A-Z].*[^.]$/);
    }
  });
});
