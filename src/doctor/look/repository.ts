import { execFile } from 'node:child_process';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SafekeepError } from '../../base/errors.js';
import { nameOf, pathName, say } from '../../base/names.js';
import { createRedactor, type Finding } from '../../redaction/index.js';
import { secretTypes } from '../checks/repository.js';
import type { RepositoryView, SecretPlace } from '../subject.js';

const largestBytes = 1_048_576;
const mostSecrets = 200;
/** By its name a file for secrets. Examples of one are not. */
const forSecrets =
  /(?:^|\/)(?:\.env(?:\.[\w-]+)?|[^/]*\.(?:key|p12|pfx|jks|keystore|kdbx)|id_(?:rsa|dsa|ecdsa|ed25519)|\.pgpass|\.netrc|\.htpasswd)$/;
const examples = /\.(?:example|sample|template|dist|defaults)$/;
/** Where `password = …` is a setting, and not code or prose. Lists of translated words have it as a label. */
const settings =
  /(?:^|\/)(?:\.env(?:\.[\w-]+)?|\.npmrc|Dockerfile|[^/]*\.(?:json|ya?ml|toml|ini|cfg|conf|properties|tfvars|xml))$/;
const words = /(?:^|\/)(?:package-lock\.json|(?:locales?|i18n|translations)\/.*)$/;

/**
 * Looks through what git tracks, or would, for keys, tokens and passwords, by the detectors that keep them out of logs.
 * Only that there is one is told, and where; never what it is. The history is not looked through.
 * @throws SafekeepError ERR_OPTION_INVALID for a folder that is in no git repository
 */
export async function lookAtRepository(folder: string): Promise<RepositoryView> {
  const tracked = await listed(folder, '--cached');
  const loose = await listed(folder, '--others', '--exclude-standard');
  const isForSecrets = (path: string): boolean => forSecrets.test(path) && !examples.test(path);
  const redactor = createRedactor({ detectors: ['credential', 'pair', 'url'] });
  const secrets: SecretPlace[] = [];
  for (const path of tracked) {
    if (secrets.length >= mostSecrets) break;
    const text = await textOf(join(folder, path));
    if (text !== undefined) secrets.push(...secretsIn(path, text, redactor.find(text)));
  }
  return { secrets, tracked: tracked.filter(isForSecrets), unignored: loose.filter(isForSecrets) };
}

function secretsIn(path: string, text: string, findings: readonly Finding[]): SecretPlace[] {
  const isSettings = settings.test(path) && !words.test(path);
  const told = new Set<string>();
  const places: SecretPlace[] = [];
  let [line, at] = [1, 0];
  for (const { start, end, type, rule } of findings) {
    if (!secretTypes.has(type)) continue;
    const value = text.slice(start, end);
    // A block, or what an issuer's prefix marks, is meant wherever it stands; the rest only where it is a setting.
    const marked = type === 'private_key' ? isWholeKey(value) : type === 'api_key' || type === 'jwt';
    const isUrl =
      rule === 'value/userinfo' && /:[^@/]{4,}/.test(value) && isLiteral(value.slice(value.indexOf(':') + 1));
    const isSet = isSettings && (type === 'password' || type === 'secret') && isLiteral(value) && value.length >= 8;
    if (!marked && !(isSettings && isUrl) && !isSet) continue;
    for (; at < start; at += 1) if (text.charCodeAt(at) === 10) line += 1;
    if (told.has(`${line} ${type}`)) continue;
    told.add(`${line} ${type}`);
    places.push({ path, line, type });
  }
  return places;
}

/** Not a reference to where the value comes from, nor a gap to be filled in. */
function isLiteral(value: string): boolean {
  return (
    !/^["']?(?:[$%<!{*]|process\.|env\.|null\b|true\b|false\b|none\b|x{3,}|\*+|your[-_ ])/i.test(value) &&
    !/\s/.test(value)
  );
}

/** A mark alone, as code that looks for keys has it, is no key. */
function isWholeKey(block: string): boolean {
  return /-----END [A-Z0-9 ]*PRIVATE KEY-----/.test(block) && /[A-Za-z0-9+/]{40}/.test(block);
}

async function listed(folder: string, ...which: readonly string[]): Promise<readonly string[]> {
  try {
    const { stdout } = await promisify(execFile)('git', ['-C', folder, 'ls-files', '-z', ...which], {
      maxBuffer: 64 * largestBytes,
    });
    return stdout.split('\0').filter((path) => path !== '');
  } catch {
    const expected = say`a folder in a git repository`;
    throw new SafekeepError('ERR_OPTION_INVALID', {
      of: nameOf('doctor'),
      option: nameOf('repository'),
      file: pathName(folder),
      expected,
    });
  }
}

/** Undefined for what is gone, too large, or no text. */
async function textOf(path: string): Promise<string | undefined> {
  try {
    const file = await open(path, 'r');
    try {
      const found = await file.stat();
      if (!found.isFile() || found.size > largestBytes) return undefined;
      const bytes = await file.readFile();
      return bytes.includes(0) ? undefined : bytes.toString('utf8');
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}
