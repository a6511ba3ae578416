import { spawnSync } from 'node:child_process';
import { hash as argon2Hash, verify as argon2Verify } from 'argon2';
import { describe, expect, it } from 'vitest';
import { type Random, systemRandom } from '../../src/base/clock.js';
import { createPasswords } from '../../src/passwords/index.js';

const account = '17';
const samples = [
  'salt marsh at low tide',
  'Vier K\u00e4hne liegen quer',
  '\u590f\u306e\u591c\u306b\u86cd\u304c\u4e09\u5339',
  '\u{1f511}\u{1f30a}',
  ' "quotes" $dollar `tick` \\ ',
];
const costs = [
  { memoryKiB: 19456, passes: 2, lanes: 1 },
  { memoryKiB: 7168, passes: 5, lanes: 1 },
  { memoryKiB: 12288, passes: 3, lanes: 4 },
];

/** Runs another verifier; the password goes in on standard input, never as an argument. */
function run(command: string, args: readonly string[], input: string): string {
  const { status, stdout, stderr } = spawnSync(command, args, { input, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${stderr}`);
  return stdout.trim();
}

function isMissing(command: string, ...probe: readonly string[]): boolean {
  const missing = spawnSync(command, probe).error !== undefined;
  if (missing) console.warn(`SKIPPED: passwords were not checked against ${command}, which is not installed`);
  return missing;
}

const noArgon2 = isMissing('argon2', '-h');
const noPhp = isMissing('php', '-v');
/** Debian's own interpreter, which sees Debian's packages; another one may come first on the path. */
const python = '/usr/bin/python3';

/** Whether a package of Python is not there: python3-argon2 and python3-passlib of Debian. */
function hasNoPackage(name: string): boolean {
  const missing = spawnSync(python, ['-c', `import ${name}`]).status !== 0;
  if (missing) console.warn(`SKIPPED: passwords were not checked against ${name} of Python, which is not installed`);
  return missing;
}
const noCffi = hasNoPackage('argon2');
const noPasslib = noCffi || hasNoPackage('passlib.hash');

/** A hash of ours checked by others, and the other way round. Only the plain form promises this. */
describe('plain hashes', () => {
  it.each(samples)('verify with the package argon2, and its own verify here (%j)', async (password) => {
    for (const cost of costs) {
      const passwords = createPasswords({ cost });
      expect(await argon2Verify(await passwords.hash(password, { account }), password)).toBe(true);
      const theirs = await argon2Hash(password, { memoryCost: 19456, timeCost: 2, parallelism: 1 });
      expect(await passwords.verify(theirs, password)).not.toBeNull();
      expect(await passwords.verify(theirs, `${password}.`)).toBeNull();
    }
  });

  it.skipIf(noArgon2)('are letter for letter what the command argon2 writes', async () => {
    const salt = 'sixteen letters!';
    const random: Random = { ...systemRandom, bytes: (count) => Buffer.from(salt).subarray(0, count) };
    for (const cost of costs) {
      const passwords = createPasswords({ cost, random });
      for (const password of samples) {
        const { memoryKiB, passes, lanes } = cost;
        const args = [salt, '-id', '-k', memoryKiB, '-t', passes, '-p', lanes, '-l', 32, '-e'];
        expect(await passwords.hash(password, { account })).toBe(run('argon2', args.map(String), password));
      }
    }
  });

  it.skipIf(noArgon2).each([
    ['-id', 'argon2id'],
    ['-i', 'argon2i'],
    ['-d', 'argon2d'],
  ])('of the command argon2 %s verify here and are then written anew', async (flag, variant) => {
    const passwords = createPasswords();
    const stored = run('argon2', ['somesalt', flag, '-k', '4096', '-t', '3', '-p', '1', '-l', '24', '-e'], 'low tide');
    expect(stored).toContain(`$${variant}$`);
    const verified = await passwords.verify(stored, 'low tide', { account });
    expect(await verified?.rehash()).toContain('$argon2id$v=19$m=19456,t=2,p=1$');
    expect(await passwords.verify(stored, 'high tide', { account })).toBeNull();
  });

  it.skipIf(noPhp)('verify with password_verify of PHP, and its own verify here', async () => {
    const script = `
      $in = json_decode(stream_get_contents(STDIN), true);
      echo json_encode([
        'right' => password_verify($in['password'], $in['hash']),
        'wrong' => password_verify($in['password'] . '.', $in['hash']),
        'theirs' => password_hash($in['password'], PASSWORD_ARGON2ID, ['memory_cost' => 8192, 'time_cost' => 3]),
        'i' => password_hash($in['password'], PASSWORD_ARGON2I, ['memory_cost' => 8192, 'time_cost' => 2]),
      ]);`;
    const passwords = createPasswords();
    for (const password of samples) {
      const hash = await passwords.hash(password, { account });
      const answer: unknown = JSON.parse(run('php', ['-r', script], JSON.stringify({ password, hash })));
      const { right, wrong, theirs, i } = answer as { right: boolean; wrong: boolean; theirs: string; i: string };
      expect([right, wrong]).toEqual([true, false]);
      expect(await passwords.verify(theirs, password)).not.toBeNull();
      expect(await passwords.verify(i, password)).not.toBeNull();
    }
  });

  /** One process for all samples: what it makes of ours, and strings of its own. */
  async function checkedByPython(script: string): Promise<void> {
    const passwords = createPasswords();
    const pairs: { password: string; hash: string }[] = [];
    for (const password of samples) pairs.push({ password, hash: await passwords.hash(password, { account }) });
    for (const cost of costs) {
      pairs.push({ password: 'low tide', hash: await createPasswords({ cost }).hash('low tide', { account }) });
    }
    const answers = JSON.parse(run(python, ['-c', script], JSON.stringify(pairs))) as {
      right: boolean;
      wrong: boolean;
      theirs: string;
    }[];
    expect(answers.map(({ right, wrong }) => [right, wrong])).toEqual(pairs.map(() => [true, false]));
    for (const [at, { theirs }] of answers.entries()) {
      expect(await passwords.verify(theirs, pairs[at]?.password ?? '', { account })).not.toBeNull();
    }
  }

  it.skipIf(noCffi)('verify with argon2-cffi of Python, and its own verify here', async () => {
    await checkedByPython(`
import json, sys, argon2
own = argon2.PasswordHasher(time_cost=2, memory_cost=8192, parallelism=2)
def verifies(hash, password):
    try: return argon2.PasswordHasher().verify(hash, password)
    except argon2.exceptions.VerifyMismatchError: return False
json.dump([{'right': verifies(p['hash'], p['password']), 'wrong': verifies(p['hash'], p['password'] + '.'),
  'theirs': own.hash(p['password'])} for p in json.load(sys.stdin)], sys.stdout)`);
  });

  it.skipIf(noPasslib)('verify with passlib, and its own verify here', async () => {
    await checkedByPython(`
import json, sys
from passlib.hash import argon2
own = argon2.using(type='ID', time_cost=2, memory_cost=8192, parallelism=2)
json.dump([{'right': argon2.verify(p['password'], p['hash']), 'wrong': argon2.verify(p['password'] + '.', p['hash']),
  'theirs': own.hash(p['password'])} for p in json.load(sys.stdin)], sys.stdout)`);
  });
});
