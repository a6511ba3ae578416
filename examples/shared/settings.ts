import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';

/** What the environment and the command line say, read once. */
export interface Settings {
  readonly development: boolean;
  /** Makes a root key and a ring where there are none; without it a missing ring stops the start. */
  readonly createKeys: boolean;
  readonly dataFolder: string;
  readonly rootKey: string;
  readonly host: string;
  readonly port: number;
  readonly httpPort: number;
  readonly origin: string;
  readonly databaseUrl: string | undefined;
  readonly smtpUrl: string | undefined;
  /** PEM file of the authority that a mail server of one's own is certified by. */
  readonly smtpCa: string | undefined;
  /** CIDRs of reverse proxies whose forwarded headers are believed. */
  readonly proxies: readonly string[];
  /** A certificate of a real authority; without it a development certificate is issued. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
}

/** A setting that is wrong. The message is all an operator needs; nobody is shown a stack. */
export class SettingsProblem extends Error {}

type Environment = Readonly<Record<string, string | undefined>>;

/** Where a server is when nobody says otherwise: another place for each, so that they run side by side. */
export interface Defaults {
  readonly dataFolder: string;
  readonly port: number;
  readonly httpPort: number;
  /** An address for the advice, such as `https://shop.example`. */
  readonly example: string;
}

export interface SettingsFrom {
  readonly environment: Environment;
  readonly flags: readonly string[];
  readonly folder: string;
  /** The checkout or package the code lies in: no place for a root key. */
  readonly repository: string;
}

export function readSettings(from: SettingsFrom, defaults: Defaults): Settings {
  const { environment, flags, folder, repository } = from;
  const known = ['--development', '--create-keys'];
  const stray = flags.find((flag) => !known.includes(flag));
  if (stray !== undefined)
    throw new SettingsProblem(`The flag ${printable(stray)} is not known. Known: ${known.join(', ')}.`);
  const development = flags.includes('--development');
  const text = (name: string): string | undefined => environment[name]?.trim() || undefined;

  const host = text('HOST') ?? '127.0.0.1';
  const proxies = (text('PROXIES') ?? '')
    .split(',')
    .map((cidr) => cidr.trim())
    .filter(Boolean);
  const port = portOf('PORT', text('PORT') ?? `${defaults.port}`);
  const httpPort = portOf('HTTP_PORT', text('HTTP_PORT') ?? `${defaults.httpPort}`);
  if (port === httpPort) throw new SettingsProblem(`PORT and HTTP_PORT are both ${port}: each needs its own.`);
  const loopback = isLoopback(host);
  if (development && !loopback) {
    throw new SettingsProblem(
      `--development shows every mail and a customer's row at /outbox and /glass, so it runs on this machine only: HOST is ${printable(host)}. Leave HOST out, or leave --development out.`,
    );
  }
  if (development && proxies.length > 0) {
    throw new SettingsProblem(
      '--development does not run behind a proxy: leave PROXIES out, or leave --development out.',
    );
  }
  const smtpUrl = text('SMTP_URL');
  if (!development && smtpUrl === undefined) {
    throw new SettingsProblem(
      'SMTP_URL is missing, so no mail could be sent: nobody could register or choose a new password. Set it to smtps://user:password@mail.example, or run with --development, which keeps mail in the page /outbox.',
    );
  }
  const dataFolder = resolve(folder, text('SAFEKEEP_DATA') ?? defaults.dataFolder);
  return Object.freeze({
    development,
    createKeys: development || flags.includes('--create-keys'),
    dataFolder,
    rootKey: rootKeyOf({ given: text('ROOT_KEY'), development, dataFolder, folder, repository }),
    host,
    port,
    httpPort,
    origin: originOf(text('ORIGIN'), { loopback, port, example: defaults.example }),
    databaseUrl: text('DATABASE_URL'),
    smtpUrl: mailUrlOf(smtpUrl),
    smtpCa: text('SMTP_CA'),
    proxies,
    tls: tlsOf(text('TLS_CERT'), text('TLS_KEY'), { loopback, folder }),
  });
}

function mailUrlOf(given: string | undefined): string | undefined {
  if (given === undefined) return undefined;
  const protocol = URL.canParse(given) ? new URL(given).protocol : '';
  if (protocol === 'smtp:' || protocol === 'smtps:') return given;
  // Not repeated: it may hold a password.
  throw new SettingsProblem('SMTP_URL must begin with smtps:// or smtp://, and the latter is used with STARTTLS only.');
}

export function portOf(name: string, text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new SettingsProblem(`${name} must be a port from 1 to 65535, not ${printable(text)}.`);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** Mails link there and other origins are refused, so beyond this machine somebody has to say it. */
function originOf(
  given: string | undefined,
  at: { readonly loopback: boolean; readonly port: number; readonly example: string },
): string {
  if (given === undefined) {
    if (at.loopback) return `https://localhost${at.port === 443 ? '' : `:${at.port}`}`;
    throw new SettingsProblem(`ORIGIN is missing: say the address that customers type, such as ${at.example}.`);
  }
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url?.protocol === 'https:' && url.origin === given) return given;
  throw new SettingsProblem(
    `ORIGIN must be an https address without a path, such as ${at.example} or ${at.example}:8443, not ${printable(given)}.`,
  );
}

/**
 * The root key opens everything, so in production it lies neither beside what it opens (a copied data folder would
 * bring its own key) nor in the repository (a push would). Links are followed before the places are compared.
 */
function rootKeyOf(at: {
  readonly given: string | undefined;
  readonly development: boolean;
  readonly dataFolder: string;
  readonly folder: string;
  readonly repository: string;
}): string {
  if (at.given === undefined) {
    if (at.development) return join(at.dataFolder, 'root.key');
    throw new SettingsProblem(
      'ROOT_KEY is missing: say where the file of the root key lies, outside the data folder and the repository.',
    );
  }
  const path = resolve(at.folder, at.given);
  if (!at.development) {
    for (const [place, name] of [
      [at.dataFolder, 'the data folder'],
      [at.repository, 'the repository'],
    ] as const) {
      if (isInside(realPath(path), realPath(place))) {
        throw new SettingsProblem(
          `ROOT_KEY lies inside ${name}: whoever copies that gets the key with the data it protects. Move the file elsewhere and set ROOT_KEY to its place.`,
        );
      }
    }
  }
  return path;
}

function tlsOf(
  cert: string | undefined,
  key: string | undefined,
  at: { readonly loopback: boolean; readonly folder: string },
): Settings['tls'] {
  if (cert !== undefined && key !== undefined) return { cert: resolve(at.folder, cert), key: resolve(at.folder, key) };
  if (cert !== undefined || key !== undefined)
    throw new SettingsProblem('TLS_CERT and TLS_KEY belong together: set both or neither.');
  if (at.loopback) return undefined;
  throw new SettingsProblem(
    'TLS_CERT and TLS_KEY are missing. A certificate of our own would be trusted by this machine only, and HOST reaches beyond it.',
  );
}

/** The path with every link followed; of a file that is not there yet, its folder with every link followed. */
function realPath(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  const folder = dirname(path);
  return folder === path ? path : join(realPath(folder), basename(path));
}

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === '' || (!way.startsWith('..') && !isAbsolute(way));
}

/** Settings are an operator's text, but a terminal should not obey them. */
function printable(text: string): string {
  return JSON.stringify(text.slice(0, 120));
}
