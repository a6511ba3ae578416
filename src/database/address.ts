import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { userInfo } from 'node:os';
import { checkServerIdentity } from 'node:tls';
import type { ClientConfig } from 'pg';
import { SafekeepError } from '../base/errors.js';
import { nameOf, type Statement, say } from '../base/names.js';

const known = ['host', 'user', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'application_name'];

/**
 * Reads a connection URL into settings of the driver. The driver never sees the URL, so what was checked here is what
 * is used: a parameter that this function does not know is refused instead of meaning something to the driver.
 * @throws SafekeepError ERR_OPTION_INVALID for a URL that cannot be read; ERR_DATABASE_PLAINTEXT
 */
export function readAddress(url: string, plaintextReason?: string): ClientConfig {
  if (!URL.canParse(url)) throw wrong(say`a URL like postgres://user@127.0.0.1:5432/name`);
  const { protocol, username, password, hostname, port, pathname, searchParams } = new URL(url);
  if (protocol !== 'postgres:' && protocol !== 'postgresql:') throw wrong(say`a URL that starts with postgres:`);
  for (const name of searchParams.keys()) {
    if (!known.includes(name)) throw wrong(say`a URL without the parameter ${nameOf(name)}`);
    if (searchParams.getAll(name).length > 1) throw wrong(say`a URL with the parameter ${nameOf(name)} at most once`);
  }
  const socket = searchParams.get('host') ?? undefined;
  if (socket !== undefined && (hostname !== '' || !socket.startsWith('/'))) {
    throw wrong(say`the parameter host only for a unix socket: an absolute folder, and no host before it`);
  }
  const host = socket ?? (hostname === '' ? '127.0.0.1' : plain(hostname).replace(/^\[|\]$/g, ''));
  const mode = searchParams.get('sslmode') ?? 'disable';
  if (mode !== 'verify-full' && !staysHere(host) && plaintextReason === undefined) {
    throw new SafekeepError('ERR_DATABASE_PLAINTEXT', { needed: say`sslmode=verify-full` });
  }
  if (mode !== 'verify-full' && mode !== 'disable') throw wrong(say`sslmode verify-full or disable`);
  const file = (name: string) => readOptional(name, searchParams.get(name));
  const name = searchParams.get('application_name');
  const role = searchParams.get('user') ?? plain(username);
  return {
    host,
    port: port === '' ? 5432 : Number(port),
    user: role === '' ? userInfo().username : role,
    database: pathname.length > 1 ? plain(pathname.slice(1)) : 'postgres',
    ...(password === '' ? {} : { password: plain(password) }),
    ...(name === null ? {} : { application_name: name }),
    // Set either way: left out, the driver would ask the environment.
    ssl:
      mode === 'disable'
        ? false
        : {
            rejectUnauthorized: true,
            minVersion: 'TLSv1.2',
            ...file('sslrootcert'),
            ...file('sslcert'),
            ...file('sslkey'),
            // The host of the URL, an IP address too: older drivers compare those with `localhost`.
            checkServerIdentity: (_, certificate) => checkServerIdentity(host, certificate),
          },
  };
}

/** A unix socket and loopback addresses do not leave the machine. `localhost` is loopback wherever the hosts file is sane. */
function staysHere(host: string): boolean {
  if (host.startsWith('/') || host === 'localhost' || host === '::1') return true;
  return isIP(host) === 4 && host.startsWith('127.');
}

const tlsNames = { sslrootcert: 'ca', sslcert: 'cert', sslkey: 'key' } as const;

function readOptional(name: string, path: string | null): object {
  if (path === null) return {};
  try {
    return { [tlsNames[name as keyof typeof tlsNames]]: readFileSync(path, 'utf8') };
  } catch {
    throw wrong(say`a readable file as ${nameOf(name)}`);
  }
}

function plain(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw wrong(say`percent signs only where they encode a character`);
  }
}

function wrong(expected: Statement): SafekeepError {
  return new SafekeepError('ERR_OPTION_INVALID', { of: nameOf('postgres'), option: nameOf('url'), expected });
}
