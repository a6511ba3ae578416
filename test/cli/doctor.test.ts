import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadApp } from '../../src/cli/load-app.js';
import { root } from '../house/tree.js';

const program = join(root, 'dist/cli/main.js');
const scratch = mkdtempSync(join(tmpdir(), 'safekeep-doctor-'));
const doctor = (args: readonly string[], environment: Record<string, string> = {}) =>
  spawnSync(process.execPath, [program, 'doctor', ...args], {
    cwd: scratch,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '', ...environment },
  });
const at = ['--origin', 'https://shop.example'];

beforeAll(() => {
  if (!existsSync(program)) throw new Error('run first: npm run build');
  symlinkSync(join(root, 'node_modules'), join(scratch, 'node_modules'));
  writeFileSync(
    join(scratch, 'sick.mjs'),
    "import express from 'express';\nexport const app = express();\napp.set('trust proxy', 1);\napp.get('/', (_req, res) => res.send('home'));\n",
  );
  const transport = JSON.stringify(join(root, 'dist/transport/index.js'));
  writeFileSync(
    join(scratch, 'sound.mjs'),
    `import express from 'express';
import { writeFileSync } from 'node:fs';
import { crossOriginGuard, errors, notFound, secureHeaders, tlsOnly } from ${transport};
export default async () => {
  const origin = 'https://shop.example';
  const app = express();
  app.use(tlsOnly({ origin }), secureHeaders(), crossOriginGuard({ origin }), express.json());
  app.get('/', (_req, res) => res.type('html').send('home'));
  app.use(notFound(), errors());
  return { app, close: () => writeFileSync('closed', '') };
};
`,
  );
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('safekeep doctor', () => {
  it('ends with 0 for an application that is well, and lets its module clean up', () => {
    const { status, stdout, stderr } = doctor(['--app', 'sound.mjs', ...at, '--fail-on', 'info']);
    expect(stderr).toBe('');
    expect(stdout).toContain('Nothing is wrong with what was examined.');
    expect(status).toBe(0);
    expect(existsSync(join(scratch, 'closed'))).toBe(true);
  });

  it('ends with 3 for one that is not, with a report for programs, one for code scanning, and what is excepted', () => {
    const exceptions = [{ finding: 'proxy.trust_hops', reason: 'the balancer is the only way in' }];
    writeFileSync(join(scratch, 'doctor.json'), JSON.stringify(exceptions));
    const files = ['--exceptions', 'doctor.json', '--sarif', 'doctor.sarif'];
    const { status, stdout } = doctor(['--app', 'sick.mjs', '--json', ...files]);
    expect(status).toBe(3);
    const { findings, excepted, notLookedAt } = JSON.parse(stdout) as Record<string, readonly { id: string }[]>;
    expect(findings?.map(({ id }) => id)).toContain('app.guard_missing');
    expect(excepted?.map(({ id }) => id)).toEqual(['proxy.trust_hops']);
    expect(notLookedAt).toContain('certificate');
    const report = JSON.parse(readFileSync(join(scratch, 'doctor.sarif'), 'utf8')) as {
      runs: { results: { ruleId: string; suppressions?: object[]; locations: object[] }[] }[];
    };
    const hops = report.runs[0]?.results.find(({ ruleId }) => ruleId === 'proxy.trust_hops');
    expect(hops?.suppressions).toHaveLength(1);
    expect(hops?.locations).toMatchObject([{ physicalLocation: { artifactLocation: { uri: 'sick.mjs' } } }]);
  });

  it('ends with 0 when none is as bad as was said, and writes no colours where there is no terminal', () => {
    const { status, stdout } = doctor(['--app', 'sick.mjs', '--fail-on', 'critical'], { FORCE_COLOR: '1' });
    expect(status).toBe(0);
    expect(stdout).toContain('HIGH  proxy.trust_hops');
    expect(stdout).not.toContain('\u001b');
  });

  it.each([
    [['--page', 'login'], 2, /a path like \/login/],
    [['--url', 'https://127.0.0.1:1', '--timeout', '500'], 1, /ERR_DOCTOR_UNREACHABLE/],
  ])('says of %j what it needs', (args, expected, words) => {
    const { status, stderr } = doctor(args);
    expect(stderr).toMatch(words);
    expect(status).toBe(expected);
  });
});

describe('the module that the doctor is given', () => {
  const load = async (name: string, text: string) => {
    writeFileSync(join(scratch, name), text);
    return await loadApp('doctor', join(scratch, name));
  };
  const keep = 'const keep = { guard() {}, passwords: { hash() {} }, log: { info() {} }, policy: undefined };';

  it('may export an application by default, or parts by name, or a function that makes them', async () => {
    expect(await load('a.mjs', "import express from 'express'; export default express();")).toHaveProperty('app');
    expect(await load('b.mjs', `${keep} export { keep }; export const origin = 'https://shop.example';`)).toMatchObject(
      {
        origin: 'https://shop.example',
        passwords: expect.anything(),
        log: expect.anything(),
      },
    );
    expect(await load('c.mjs', `${keep} export default async () => keep;`)).toHaveProperty('passwords');
    expect(await load('d.mjs', `${keep} export default () => ({ keep, resetMail: () => 'mail' });`)).toHaveProperty(
      'resetMail',
    );
  });

  it.each([
    ['e.mjs', 'export const nothing = 1;', /an Express application or a keep/],
    ['f.mjs', 'export const app = () => {};', /another value for its app/],
    ['g.mjs', `${keep} export { keep }; export const origin = 'http://shop.example';`, /another value for its origin/],
    ['h.mjs', 'export const passwords = {};', /another value for its passwords/],
  ])('is refused when there is nothing in it: %s', async (name, text, words) => {
    await expect(load(name, text)).rejects.toMatchObject({ code: 'ERR_OPTION_INVALID' });
    await expect(load(name, text)).rejects.toThrow(words);
  });
});
