import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { policy } from '../../examples/policy.js';

const intake = policy.intake('customers', { extra: ['newsletter'] });
const ada = {
  name: 'Ada Example',
  address: '1 Example Way\nSpringfield 01101',
  email: 'ada@example.com',
  phone: '+1 202 555 0142',
  card_number: '4111 1111 1111 1111',
  card_expiry: '04/2029',
  password: ' a phrase with spaces around it ',
};

describe('intake', () => {
  it('accepts a whole registration and gives the stored spelling', () => {
    expect(intake.check(ada)).toEqual([]);
    expect(intake.read(ada)).toMatchObject({
      card_number: '4111111111111111',
      card_expiry: '04/29',
      email: 'ada@example.com',
    });
  });

  it('takes a password exactly as it was typed', () => {
    expect(intake.read(ada)['password']).toBe(ada.password);
  });

  it.each(['name', 'address', 'email', 'phone', 'card_number', 'card_expiry'])(
    'refuses a registration without %s',
    (field) => {
      expect(intake.check({ ...ada, [field]: ' ' })).toMatchObject([{ field, code: 'missing' }]);
      expect(() => intake.read({ ...ada, [field]: undefined })).toThrowError(
        expect.objectContaining({ code: 'ERR_INTAKE_REFUSED', status: 422 }),
      );
    },
  );

  it.each([
    ['email', 'ada'],
    ['email', 'ada@example'],
    ['email', 'ada@example.com, eve@example.com'],
    ['email', 'ada <eve@example.com>'],
    ['phone', 'call me'],
    ['phone', '12345'],
    ['card_number', '4111 1111 1111 1112'],
    ['card_expiry', '13/29'],
    ['name', 'Ada\u0000'],
    ['address', 'x'],
  ])('refuses %s: %j', (field, value) => {
    expect(intake.check({ ...ada, [field]: value })).toMatchObject([{ field, code: 'malformed' }]);
  });

  it('refuses a field that nobody declared, and does not echo its name', () => {
    const problems = intake.check({ ...ada, social_security_078051120: 'x' });
    expect(problems).toMatchObject([{ field: 'form', code: 'unknown' }]);
    expect(JSON.stringify(problems)).not.toContain('078051120');
    expect(() => intake.read({ ...ada, isAdmin: 'true' })).toThrowError(
      expect.objectContaining({ code: 'ERR_INTAKE_REFUSED' }),
    );
  });

  it('admits the declared extra field and leaves it out of the row', () => {
    expect(Object.keys(intake.read({ ...ada, newsletter: 'yes' }))).not.toContain('newsletter');
  });

  it('never throws on any body, and reads only declared fields', () => {
    fc.assert(
      fc.property(fc.anything(), (body) => {
        expect(Array.isArray(intake.check(body))).toBe(true);
      }),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), (more) => {
        const body = { ...more, ...ada };
        if (intake.check(body).length > 0) return;
        expect(Object.keys(intake.read(body)).sort()).toEqual(Object.keys(ada).sort());
      }),
    );
  });

  it('takes no prototype key for a value', () => {
    const body: unknown = JSON.parse('{"__proto__": {"name": "Ada Example"}}');
    expect(intake.check(body).map(({ field }) => String(field))).toContain('name');
  });

  it('carries nothing of what was typed in its problems or errors', () => {
    const typed = { ...ada, card_number: '4111 1111 1111 1112', phone: 'secret-phone' };
    expect(JSON.stringify(intake.check(typed))).not.toMatch(/4111|secret-phone/);
    try {
      intake.read(typed);
      expect.unreachable();
    } catch (error) {
      expect(String(error)).not.toMatch(/4111|secret-phone/);
    }
  });
});
