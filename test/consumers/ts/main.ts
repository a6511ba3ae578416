// Compiled with strict settings by every supported TypeScript, then run.
import assert from 'node:assert/strict';
import { type ErrorCode, isSafekeepError } from 'safekeep/errors';
import { type FastHash, fingerprint } from 'safekeep/hashing';
import { createPasswords, type PasswordHash, type Passwords } from 'safekeep/passwords';
import { definePolicy } from 'safekeep/policy';

export const policy = definePolicy({
  application: 'shop',
  purposes: { account: 'contract', orders: 'contract' },
  tables: {
    customers: {
      row: 'id',
      columns: {
        email: { is: 'email', for: ['account', 'orders'], index: 'email' },
        card: { is: 'card_number', for: ['orders'] },
        password: 'password_hash',
        created_at: 'not personal',
      },
    },
    products: 'not personal',
  },
});
assert.match(policy.digest, /./);

const passwords: Passwords = createPasswords({ gate: {} });
const stored: PasswordHash = await passwords.hash('salt marsh at low tide', { account: '17' });
const verified = await passwords.verify(stored, 'salt marsh at low tide', { account: '17' });
assert.ok(verified);

const etag: FastHash = fingerprint('catalogue');
// @ts-expect-error a fast hash is no password hash
const wrong: PasswordHash = etag;
assert.equal(wrong, etag);

try {
  // @ts-expect-error a misspelt option does not compile
  createPasswords({ csot: {} });
  assert.fail('an unknown option was accepted');
} catch (error) {
  const code: ErrorCode = 'ERR_OPTION_UNKNOWN';
  assert.ok(isSafekeepError(error, code));
}
