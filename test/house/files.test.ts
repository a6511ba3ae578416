import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { filesUnder, manifest, read, trackedFiles } from './tree.js';

/** SHA-256 of words in small letters that have no place here: written out, this list would break its own rule. */
const foreignNames = new Set([
  '4e6aa841d90a86f175c1298cc23c1ade8b644b70d088adb0ad253ac66fbcd022',
  'cc1440bf021bdc10be5f91aba3aeed64b3320b7823b58af8b70c8c2e3157282b',
]);
const binary = /\.(png|jpg|ico|woff2?|gz|webp)$/;
/** Written with gaps, so that this file does not hold what it looks for. */
const machinePath = new RegExp(
  `(^|[^\\w.~/-])/(${['wo' + 'rk', 't' + 'mp', 'ro' + 'ot', 'ho' + 'me/\\w+', 'Use' + 'rs/\\w+'].join('|')})/\\w`,
);
const registryHost = new RegExp(`\\b(${'regi' + 'stry'}|${'npm' + 'js'}|artifactory|nexus|verdaccio)\\.[a-z]|\\b_auth`);
const mailAddress = /[\w.+-]+@((?:[\w-]+\.)+[a-z]{2,})\b/gi;
const inventedDomain = /(^|\.)(example\..*|example|test|invalid|localhost)$/i;
/** What looks like an address and is a file, a unit of the system, or the account of a machine. */
const noAddress = /^(\S+@\S+\.(png|service)|git@github\.com)$/i;

const texts = trackedFiles().filter((path) => !binary.test(path) && path !== 'package-lock.json');

/** Lines that name a machine, a registry, a real firm or a real mail address. */
function foreign(path: string, text: string): string[] {
  return text.split('\n').flatMap((line, index) => {
    const found: string[] = [];
    if (machinePath.test(line)) found.push('a path of some machine');
    if (registryHost.test(line)) found.push('a registry');
    for (const [address, domain] of line.matchAll(mailAddress)) {
      if (!inventedDomain.test(domain as string) && !noAddress.test(address))
        found.push('a mail address outside the example domains');
    }
    for (const [word] of line.toLowerCase().matchAll(/[a-z][a-z0-9]{3,19}/g)) {
      if (isForeignName(word)) found.push('a real name');
    }
    return found.map((what) => `${path}:${index + 1}: ${what}`);
  });
}

const digests = new Map<string, boolean>();
function isForeignName(word: string): boolean {
  const known = digests.get(word);
  if (known !== undefined) return known;
  const answer = foreignNames.has(createHash('sha256').update(word).digest('hex'));
  digests.set(word, answer);
  return answer;
}

describe('the files of the repository', () => {
  it('name no machine, no registry, no real firm and nobody’s mail address', () => {
    expect(texts.flatMap((path) => foreign(path, read(path)))).toEqual([]);
  });

  it('are no longer than 400 lines, or say why in their first lines', () => {
    const code = [...filesUnder('src', '.ts'), ...filesUnder('bench', '.ts'), ...filesUnder('examples', '.ts')];
    const long = code.filter((path) => {
      const lines = read(path).split('\n');
      return lines.length > 400 && !/\b(long|lines|length)\b/i.test(lines.slice(0, 12).join('\n'));
    });
    expect(long).toEqual([]);
  });

  it('have names in kebab case, and none of them is a drawer for odds and ends', () => {
    const code = filesUnder('src', '.ts');
    expect(code.filter((path) => !/^src\/[a-z0-9./-]+\.ts$/.test(path))).toEqual([]);
    expect(code.filter((path) => /\b(utils?|helpers?|common|manager|service|misc)\b/.test(path))).toEqual([]);
  });
});

interface Lock {
  readonly packages: Readonly<
    Record<
      string,
      {
        readonly resolved?: string;
        readonly link?: boolean;
        readonly optionalDependencies?: Readonly<Record<string, string>>;
      }
    >
  >;
}

describe.each(trackedFiles().filter((path) => path.endsWith('package-lock.json')))('the lock file %s', (path) => {
  const { packages } = JSON.parse(read(path)) as Lock;

  it('names no place that a package was fetched from', () => {
    expect(Object.entries(packages).filter(([, entry]) => entry.resolved !== undefined && entry.link !== true)).toEqual(
      [],
    );
    expect(registryHost.test(read(path))).toBe(false);
  });

  it('has an entry for every optional dependency, on which npm ci insists', () => {
    const missing = Object.entries(packages).flatMap(([owner, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies)
        .filter((name) => !reachable(packages, owner, name))
        .map((name) => `${owner}: ${name}`),
    );
    expect(missing).toEqual([]);
  });
});

function reachable(packages: Lock['packages'], owner: string, name: string): boolean {
  for (let at = owner; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    if (packages[at === '' ? `node_modules/${name}` : `${at}/node_modules/${name}`] !== undefined) return true;
    if (at === '') return false;
  }
}

describe('package.json', () => {
  it('pins every dependency exactly', () => {
    const { dependencies, devDependencies } = manifest();
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([, range]) => !/^(npm:[\w@/.-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(range),
    );
    expect(loose).toEqual([]);
  });
});

describe('the guard of the files', () => {
  const slash = '/';
  it.each([
    [`see ${slash}work${slash}main`, /machine/],
    [`mkdir ${slash}tmp${slash}x`, /machine/],
    [`https://${'regi' + 'stry'}.shop.example/x`, /registry/],
    [`mail ada@${'lovelace'}.dev`, /mail address/],
  ])('refuses %s', (line, what) => {
    expect(foreign('x', line)).toEqual([expect.stringMatching(what)]);
  });

  it.each(['ada@example.com', 'mail@shop.example', 'argon2@0.44.0', '.build/tmp', 'test/work/x', 'the work/rest'])(
    'lets through %s',
    (line) => {
      expect(foreign('x', line)).toEqual([]);
    },
  );
});
