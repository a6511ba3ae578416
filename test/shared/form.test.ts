import { describe, expect, it } from 'vitest';
import { formOf, problem } from '../../examples/shared/form.js';
import { keptOf, safePath } from '../../examples/shared/kept.js';

const targets = ['/account', '/account/billing'];
const typed = {
  name: 'Ada Example',
  address: '12 Example Way',
  phone: '+1 202 555 0142',
  card_number: '4242424242424242',
  card_expiry: '01/31',
  password: 'seven quiet herons by the weir',
  current_password: 'nine loud herons by the weir',
};

describe('a form that is shown again', () => {
  it('has what was typed, and never a password or a card number', () => {
    const form = formOf(typed);
    expect(form.of('name').value).toBe('Ada Example');
    for (const field of ['password', 'current_password', 'card_number']) expect(form.of(field).value).toBe('');
  });

  it('shows text only, and nothing that an object inherits', () => {
    const form = formOf({ name: ['a', 'b'], address: { toString: 'x' } });
    for (const field of ['name', 'address', 'constructor', '__proto__']) expect(form.of(field).value).toBe('');
  });

  it('says a problem beside its field, and with the field’s label in the list', () => {
    const form = formOf({}, [
      problem('email', 'missing', 'Please fill this in.'),
      problem('form', 'unknown', 'A stray field.'),
    ]);
    expect(form.of('email').problem).toBe('Please fill this in.');
    expect(form.problems.map(({ field, summary }) => [field, summary])).toEqual([
      ['email', 'E-mail address: Please fill this in.'],
      ['', 'A stray field.'],
    ]);
  });
});

describe('what travels through a sign-in', () => {
  it('is name, address and telephone, and nothing else of the form', () => {
    const { name, address, phone } = typed;
    expect(keptOf(typed)).toEqual({ name, address, phone });
    expect(keptOf({ kept_name: 'Ada', kept_password: 'x', kept_card_number: '4242', name: 'B' }, 'kept_')).toEqual({
      name: 'Ada',
    });
    expect(keptOf({ name: 'A'.repeat(501), address: ['x'], phone: null })).toEqual({});
  });

  it('leads to a page of the list or to the account', () => {
    expect(safePath('/account/billing', targets)).toBe('/account/billing');
    for (const path of ['', '/', '//elsewhere.example', 'https://elsewhere.example', '/logout', '/account/../logout']) {
      expect(safePath(path, targets)).toBe('/account');
    }
  });
});
