import { userInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { readAddress } from '../../src/database/address.js';
import { postgres } from '../../src/database/postgres.js';

const invalid = expect.objectContaining({ code: 'ERR_OPTION_INVALID' });

describe('readAddress', () => {
  it('reads user, password, host, port and name, percent signs decoded', () => {
    expect(readAddress('postgres://sh%40p:p%2Fw@localhost:6000/my%20shop?application_name=web')).toEqual({
      host: 'localhost',
      port: 6000,
      user: 'sh@p',
      password: 'p/w',
      database: 'my shop',
      application_name: 'web',
      ssl: false,
    });
  });

  it('takes what is left out from the system, not from the environment', () => {
    expect(readAddress('postgresql://127.0.0.1')).toEqual({
      host: '127.0.0.1',
      port: 5432,
      user: userInfo().username,
      database: 'postgres',
      ssl: false,
    });
  });

  it('reads a unix socket', () => {
    expect(readAddress('postgres:///shop?host=/run/postgresql&user=web')).toMatchObject({
      host: '/run/postgresql',
      user: 'web',
      database: 'shop',
    });
  });

  it.each(['127.0.0.1', '127.8.8.8', 'localhost', '[::1]'])('lets plaintext stay on this machine: %s', (host) => {
    expect(readAddress(`postgres://${host}/shop`).ssl).toBe(false);
  });

  it.each([
    'postgres://db.example/shop',
    'postgres://db.example/shop?sslmode=disable',
    'postgres://db.example/shop?sslmode=prefer',
    'postgres://db.example/shop?sslmode=require',
    'postgres://db.example/shop?sslmode=verify-ca',
    'postgres://192.0.2.7/shop',
    'postgres://[2001:db8::7]/shop',
    'postgres://127.0.0.1.example/shop',
    'postgres://localhost.example/shop',
    'postgres://0.0.0.0/shop',
  ])('refuses plaintext and unverified servers beyond this machine: %s', (url) => {
    expect(() => readAddress(url)).toThrow(expect.objectContaining({ code: 'ERR_DATABASE_PLAINTEXT' }));
    expect(() => postgres(url)).toThrow(expect.objectContaining({ code: 'ERR_DATABASE_PLAINTEXT' }));
  });

  it('verifies the certificate beyond this machine, against the host of the URL', () => {
    const { ssl } = readAddress('postgres://192.0.2.7/shop?sslmode=verify-full');
    expect(ssl).toMatchObject({ rejectUnauthorized: true, minVersion: 'TLSv1.2' });
    const check = typeof ssl === 'object' ? ssl.checkServerIdentity : undefined;
    const certificate = (subjectaltname: string) => ({ subject: { CN: 'x' }, subjectaltname }) as never;
    expect(check?.('localhost', certificate('IP Address:192.0.2.7'))).toBeUndefined();
    expect(check?.('localhost', certificate('DNS:localhost'))).toBeInstanceOf(Error);
  });

  it('takes an opt-out only with a reason', () => {
    const url = 'postgres://db.example/shop';
    expect(() => postgres(url, { dangerouslyAllowPlaintextToDatabase: 'yes' })).toThrow(invalid);
    expect(postgres(url, { dangerouslyAllowPlaintextToDatabase: 'WireGuard between the two hosts' })).toHaveProperty(
      'query',
    );
    expect(readAddress(url, 'WireGuard between the two hosts').ssl).toBe(false);
  });

  it.each([
    'not a url',
    'mysql://127.0.0.1/shop',
    'postgres://127.0.0.1/shop?sslmode=require',
    'postgres://127.0.0.1/shop?ssl=true',
    'postgres://127.0.0.1/shop?host=db.example',
    'postgres://db.example/shop?host=/run/postgresql',
    'postgres:///shop?host=db.example',
    'postgres:///shop?host=/run/postgresql&host=/tmp',
    'postgres://127.0.0.1/sh%p',
    'postgres://db.example/shop?sslmode=verify-full&sslrootcert=/no/such/file',
  ])('refuses a URL that may not mean what it says: %s', (url) => {
    expect(() => readAddress(url)).toThrow(invalid);
  });

  it('does not repeat the URL: a password stands in it', () => {
    for (const url of ['postgres://shop:hunter2-hunter2@db.example/shop', 'mysql://shop:hunter2-hunter2@127.0.0.1/x']) {
      let said = '';
      try {
        readAddress(url);
      } catch (error) {
        said = `${String(error)} ${JSON.stringify(error)} ${(error as Error).stack}`;
      }
      expect(said).toContain('ERR_');
      expect(said).not.toContain('hunter2');
    }
  });
});
