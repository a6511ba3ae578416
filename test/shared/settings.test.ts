import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readSettings, SettingsProblem } from '../../examples/shared/settings.js';
import { shopDefaults } from '../../examples/storefront/server.js';

const base = mkdtempSync(join(tmpdir(), 'safekeep-settings-'));
const repository = join(base, 'checkout');
mkdirSync(join(repository, '.data'), { recursive: true });
afterAll(() => rmSync(base, { recursive: true, force: true }));

function read(environment: Record<string, string>, ...flags: string[]) {
  return readSettings({ environment, flags, folder: repository, repository }, shopDefaults);
}
const production = { SMTP_URL: 'smtps://post.example', ROOT_KEY: join(base, 'root.key') };

describe('settings', () => {
  it('need nothing under --development', () => {
    expect(read({}, '--development')).toMatchObject({
      host: '127.0.0.1',
      port: 8443,
      httpPort: 8080,
      origin: 'https://localhost:8443',
      dataFolder: join(repository, '.data'),
      rootKey: join(repository, '.data', 'root.key'),
      createKeys: true,
    });
  });

  it('honour the environment', () => {
    const settings = read({
      ...production,
      SAFEKEEP_DATA: '/srv/shop',
      PORT: '443',
      HTTP_PORT: '80',
      HOST: '0.0.0.0',
      ORIGIN: 'https://shop.example',
      DATABASE_URL: 'postgres://127.0.0.1/shop',
      TLS_CERT: 'tls.crt',
      TLS_KEY: 'tls.key',
    });
    expect(settings).toMatchObject({
      dataFolder: '/srv/shop',
      port: 443,
      httpPort: 80,
      host: '0.0.0.0',
      origin: 'https://shop.example',
      databaseUrl: 'postgres://127.0.0.1/shop',
      createKeys: false,
      development: false,
    });
  });

  it.each([
    [{}, 'SMTP_URL is missing'],
    [{ SMTP_URL: 'smtps://post.example' }, 'ROOT_KEY is missing'],
    [{ ...production, ROOT_KEY: join(repository, 'root.key') }, 'inside the repository'],
    [{ ...production, ROOT_KEY: '.data/root.key' }, 'inside the data folder'],
    [
      { ...production, SAFEKEEP_DATA: join(base, 'data'), ROOT_KEY: join(base, 'data', 'deep', 'root.key') },
      'inside the data folder',
    ],
    [{ ...production, PORT: '0' }, 'PORT must be a port'],
    [{ ...production, PORT: '70000' }, 'PORT must be a port'],
    [{ ...production, PORT: '8080' }, 'each needs its own'],
    [{ ...production, HOST: '0.0.0.0' }, 'ORIGIN is missing'],
    [{ ...production, HOST: '0.0.0.0', ORIGIN: 'https://shop.example' }, 'TLS_CERT and TLS_KEY are missing'],
    [{ ...production, ORIGIN: 'http://shop.example' }, 'ORIGIN must be an https address'],
    [{ ...production, ORIGIN: 'https://shop.example/' }, 'ORIGIN must be an https address'],
    [{ ...production, TLS_CERT: 'tls.crt' }, 'belong together'],
  ])('refuse %j: %s', (environment, words) => {
    expect(() => read(environment as Record<string, string>)).toThrow(SettingsProblem);
    expect(() => read(environment as Record<string, string>)).toThrow(words);
  });

  it('follow links before they compare places', () => {
    writeFileSync(join(repository, 'real.key'), '');
    symlinkSync(join(repository, 'real.key'), join(base, 'elsewhere.key'));
    expect(() => read({ ...production, ROOT_KEY: join(base, 'elsewhere.key') })).toThrow('inside the repository');
    symlinkSync(repository, join(base, 'link'));
    expect(() => read({ ...production, ROOT_KEY: join(base, 'link', 'not-yet.key') })).toThrow('inside the repository');
  });

  it('keep --development on this machine and away from proxies', () => {
    for (const HOST of ['0.0.0.0', '::', '203.0.113.7', 'shop.example', '127.0.0.1.example']) {
      expect(() => read({ HOST }, '--development')).toThrow('this machine only');
    }
    for (const HOST of ['127.0.0.1', '127.8.9.1', '::1', 'localhost']) read({ HOST }, '--development');
    expect(() => read({ PROXIES: '10.0.0.0/8' }, '--development')).toThrow('behind a proxy');
  });

  it('refuse a flag that is misspelt', () => {
    expect(() => read(production, '--developement')).toThrow('"--developement" is not known');
  });
});
