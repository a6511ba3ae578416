import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../src/redaction/index.js';

const redactor = createRedactor();
const isErased = (key: string) => {
  const printed = redactor.serialize({ [key]: 'zq value zq' });
  return !printed.includes('zq value zq');
};

describe('the name of a key', () => {
  it.each(
    (
      'password newPassword new_password NEW-PASSWORD PASSWORD password2 passwordHash dbpassword pwd passwd passphrase ' +
      'secret client_secret clientSecret apiKey api_key APIKey API-KEY x-api-key privateKey token accessToken access_token ' +
      'csrfToken XAuthToken id_token sessionToken authorization Authorization Proxy-Authorization cookie Set-Cookie ' +
      'session_id sessionId connect.sid cvv CVV2 cvc pin user.pin ssn otp recoveryCodes credentials cardNumber card_number ' +
      'creditCard iban email userEmail phone phone_number dateOfBirth dob firstName last_name cardholder_name ' +
      'shippingAddress address_line_1 headers.authorization user[password] ｐａｓｓｗｏｒｄ'
    ).split(' '),
  )('%s erases its value', (key) => {
    expect(isErased(key)).toBe(true);
  });

  it.each(
    (
      'token_count tokenCount password_changed_at passwordPolicy secretary tokens max_tokens monkey keyboard author ' +
      'accept postcode pinned spin shipping cookieless phoneme emailed has_email show_phone boarding_pass key code name ' +
      'id status message ip_version next_page_token session state accession'
    ).split(' '),
  )('%s keeps its value', (key) => {
    expect(isErased(key)).toBe(false);
  });

  it('counts at any depth, in arrays, in maps and for numbers and objects', () => {
    const given = { a: [{ b: { c: [{ Password: 7, pin: 1234n, secret: { deep: 'zq' }, token: ['zq'] }] } }] };
    expect(redactor.serialize(given)).toBe(
      '{"a":[{"b":{"c":[{"Password":"[password]","pin":"[pin]","secret":"[secret]","token":"[token]"}]}}]}',
    );
    expect(redactor.serialize(new Map([['token', 'zq']]))).toBe('{"token":"[token]"}');
  });

  it('leaves null and what JSON leaves out', () => {
    expect(redactor.serialize({ password: null, token: undefined, secret: () => 1 })).toBe('{"password":null}');
  });

  it('walks an object below a personal name and masks the plain values of a list', () => {
    expect(redactor.serialize({ email: { template: 'reset', to: 'ada@example.com' } })).toBe(
      '{"email":{"template":"reset","to":"***@example.com"}}',
    );
    expect(redactor.serialize({ phone: ['415 555 0132', 'none'], email: [null, 'x'] })).toBe(
      '{"phone":["[phone 32]","[phone]"],"email":[null,"[email]"]}',
    );
  });

  it('is scanned itself, because a key can be an address', () => {
    expect(redactor.serialize({ 'ada@example.com': 3 })).toBe('{"***@example.com":3}');
  });

  it('keeps its rule when it is too long or too odd to be remembered', () => {
    expect(isErased(`${'x_'.repeat(200)}password`)).toBe(true);
    for (let at = 0; at < 5000; at += 1) redactor.serialize({ [`k${at}`]: 1 });
    expect(isErased('password')).toBe(true);
  });
});

describe('allow', () => {
  it('lifts the rule of one exact path and still scans the value', () => {
    const allowing = createRedactor({ allow: ['job.token', 'list.0.pin'] });
    expect(
      allowing.serialize({ job: { token: 'build ada@example.com' }, token: 'x', list: [{ pin: 3 }, { pin: 3 }] }),
    ).toBe('{"job":{"token":"build ***@example.com"},"token":"[token]","list":[{"pin":3},{"pin":"[pin]"}]}');
  });
});
