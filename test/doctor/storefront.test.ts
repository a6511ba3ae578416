import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { elsewhere } from '../../examples/storefront/keep.js';
import { root } from '../house/tree.js';
import { type TestDatabase, testDatabase } from '../services/database.js';
import { machine, type Server } from '../shared/server.js';

const program = join(root, 'dist/cli/main.js');
let test: TestDatabase;
let box: ReturnType<typeof machine>;
let server: Server;
beforeAll(async () => {
  test = await testDatabase();
  box = machine('storefront');
  server = await box.start({ DATABASE_URL: test.url });
  await server.open();
});
afterAll(async () => {
  await box.remove();
  await test.drop();
});

describe('the storefront as npm start runs it', () => {
  it('comes out clean in development, with the exceptions that are stated beside it', () => {
    const [, plaintext] = server.ports;
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [
        ...[program, 'doctor', '--json', '--url', server.origin, '--plaintext', `http://localhost:${plaintext}`],
        ...['--page', '/', '/login', '/register', '/forgot', '/privacy', '--post', '/login', '/register', '/forgot'],
        ...['--ca', join(box.data, 'certificates/development-ca.pem')],
        ...[
          '--key',
          join(box.data, 'certificates/development-key.pem'),
          '--cert',
          join(box.data, 'certificates/development.pem'),
        ],
        ...['--root', join(box.data, 'root.key'), '--ring', join(box.data, 'keys.json')],
        ...['--database', test.url, '--policy', join(root, '.build/examples/policy.js')],
        ...['--elsewhere', ...elsewhere, '--fail-on', 'info'],
        ...['--exceptions', join(root, 'examples/storefront/doctor.json')],
      ],
      { encoding: 'utf8', env: { PATH: process.env['PATH'] ?? '' } },
    );
    expect(stderr).toBe('');
    const { findings, excepted, notLookedAt } = JSON.parse(stdout) as {
      readonly findings: readonly object[];
      readonly excepted: readonly { readonly id: string }[];
      readonly notLookedAt: readonly string[];
    };
    expect(findings).toEqual([]);
    expect(excepted.map(({ id }) => id)).toEqual(['hsts.short', 'keys.root_beside_ring']);
    // What only its modules could tell: see application.test.ts.
    expect(notLookedAt).toEqual([
      'trust proxy',
      'order of middlewares',
      'password hashing',
      'log canary',
      'reset mail',
      'secrets in the repository',
    ]);
    expect(status).toBe(0);
  });
});
