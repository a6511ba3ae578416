// A shop that installed the package with Express and nothing else.
import assert from 'node:assert/strict';
import { isSafekeepError } from 'safekeep/errors';
import { createKeyedFingerprint, fingerprint } from 'safekeep/hashing';
import { createPasswords } from 'safekeep/passwords';

assert.match(fingerprint('catalogue'), /^[0-9a-f]{16}$/);
assert.notEqual(createKeyedFingerprint()('198.51.100.7'), createKeyedFingerprint()('198.51.100.7'));

const passwords = createPasswords();
const stored = await passwords.hash('salt marsh at low tide', { account: '17' });
assert.ok(await passwords.verify(stored, 'salt marsh at low tide', { account: '17' }));
assert.equal(await passwords.verify(stored, 'salt marsh at high tide', { account: '17' }), null);

try {
  createPasswords({ csot: {} });
  assert.fail('an unknown option was accepted');
} catch (error) {
  assert.ok(isSafekeepError(error, 'ERR_OPTION_UNKNOWN'));
  assert.equal(error.facts.nearest, 'cost');
}
