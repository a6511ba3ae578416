/**
 * What a child process runs to try an engine: loads it, computes the tags it is asked for, and times a hash by the
 * processor's time. Text, and without imports of ours, so that it needs no compiled file beside it and nothing in it
 * can go wrong but the engine.
 */
export const probeScript = `
const { engine, path, requests, sample } = JSON.parse(process.argv[1]);
const types = { argon2d: 0, argon2i: 1, argon2id: 2 };
const bytes = (hex) => Buffer.from(hex, 'hex');
function open() {
  if (engine === 'crypto.argon2') {
    const { argon2 } = require('node:crypto');
    return (r) => new Promise((done, fail) => argon2(r.variant, {
      message: bytes(r.password), nonce: bytes(r.salt), parallelism: r.lanes, tagLength: r.tagBytes,
      memory: r.memoryKiB, passes: r.passes,
    }, (error, tag) => (error ? fail(error) : done(tag))));
  }
  const module = require(path);
  const cost = (r) => ({ memoryCost: r.memoryKiB, timeCost: r.passes, parallelism: r.lanes, salt: bytes(r.salt) });
  return engine === 'argon2'
    ? (r) => module.hash(bytes(r.password), { ...cost(r), raw: true, type: types[r.variant], version: 0x13, hashLength: r.tagBytes })
    : (r) => module.hashRaw(bytes(r.password), { ...cost(r), algorithm: types[r.variant], version: 1, outputLen: r.tagBytes });
}
async function main() {
  const tag = open();
  const tags = [];
  for (const request of requests) tags.push((await tag(request)).toString('hex'));
  let cpuMs;
  if (sample) {
    await tag(sample);
    for (let round = 0; round < 3; round += 1) {
      const began = process.cpuUsage();
      await tag(sample);
      const { user, system } = process.cpuUsage(began);
      cpuMs = Math.min(cpuMs ?? Infinity, (user + system) / 1000);
    }
  }
  process.stdout.write(JSON.stringify({ tags, cpuMs }));
}
main().catch(() => { process.exitCode = 4; });
`;
