// The package is ESM; Node 20.19 and later require() it all the same.
const assert = require('node:assert/strict');
const { SafekeepError, isSafekeepError } = require('safekeep/errors');
const { fingerprint } = require('safekeep/hashing');
const { createPasswords } = require('safekeep/passwords');

assert.ok(isSafekeepError(new SafekeepError('ERR_OPTION_MISSING')));
assert.match(fingerprint(Buffer.from('catalogue')), /^[0-9a-f]{16}$/);

(async () => {
  // One class for both ways of loading: an error that was imported is known where it was required.
  assert.equal((await import('safekeep/errors')).SafekeepError, SafekeepError);
  const passwords = createPasswords();
  const stored = await passwords.hash('salt marsh at low tide', { account: '17' });
  assert.ok(await passwords.verify(stored, 'salt marsh at low tide', { account: '17' }));
})().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
