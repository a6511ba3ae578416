import { type ChildProcess, spawn } from 'node:child_process';
import {
  chownSync,
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** A checkout of its own below a folder of mode 0700, for tests of what another process, or another user, does. */
export interface Clone {
  readonly folder: string;
  /** Runs the text of a module in the clone, as the clone's owner, and hears its lines. */
  start(module: string): CloneProcess;
  remove(): void;
}

export interface CloneProcess {
  readonly child: ChildProcess;
  /** The lines of standard output so far. */
  readonly lines: readonly string[];
  /** The first line that begins like that, as soon as it is there; throws when the process ends without it. */
  line(start: string): Promise<string>;
  readonly end: Promise<number | null>;
}

/** Compiles folders of src and copies what they load. `user`: who owns it; only root can say so. */
export function clone(
  sources: readonly string[],
  packages: readonly string[],
  user?: { uid: number; gid: number },
): Clone {
  const folder = mkdtempSync(join(tmpdir(), 'safekeep-clone-'));
  try {
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    for (const source of sources) compile(join(root, 'src', source), join(folder, 'src', source));
    for (const name of packages) copyPackage(name, folder);
    if (user !== undefined) chownSync(folder, user.uid, user.gid);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  let modules = 0;
  return {
    folder,
    start: (module) => {
      modules += 1;
      const file = join(folder, `child-${modules}.mjs`);
      writeFileSync(file, module);
      // A group of its own, as a shell gives it.
      return listen(
        spawn(process.execPath, [file], { ...user, cwd: folder, detached: true, stdio: ['pipe', 'pipe', 'inherit'] }),
      );
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function listen(child: ChildProcess): CloneProcess {
  const lines: string[] = [];
  let rest = '';
  const hearers = new Set<() => void>();
  const end = new Promise<number | null>((resolve) => {
    child.once('close', (status) => {
      resolve(status);
      for (const hear of hearers) hear();
    });
  });
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
    for (const hear of hearers) hear();
  });
  const line = (start: string) =>
    new Promise<string>((resolve, reject) => {
      const hear = () => {
        const found = lines.find((text) => text.startsWith(start));
        if (found === undefined && child.exitCode === null && child.signalCode === null) return;
        hearers.delete(hear);
        if (found === undefined) reject(new Error(`The process ended without "${start}":\n${lines.join('\n')}`));
        else resolve(found);
      };
      hearers.add(hear);
      hear();
    });
  return { child, lines, line, end };
}

function compile(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true };
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (entry.isDirectory()) compile(join(from, entry.name), join(to, entry.name));
    else if (entry.name.endsWith('.ts')) {
      const { outputText } = ts.transpileModule(readFileSync(join(from, entry.name), 'utf8'), { compilerOptions });
      writeFileSync(join(to, entry.name.replace(/\.ts$/, '.js')), outputText);
    }
  }
}

function copyPackage(name: string, folder: string): void {
  const from = join(root, 'node_modules', name);
  const to = join(folder, 'node_modules', name);
  if (
    lstatSync(to, { throwIfNoEntry: false }) !== undefined ||
    lstatSync(from, { throwIfNoEntry: false }) === undefined
  )
    return;
  plant(from, to);
  const { dependencies = {}, optionalDependencies = {} } = JSON.parse(
    readFileSync(join(from, 'package.json'), 'utf8'),
  ) as Record<string, Record<string, string>>;
  for (const needed of Object.keys({ ...dependencies, ...optionalDependencies })) copyPackage(needed, folder);
}

/** Hard links where the file system has them in reach: sixty megabytes a clone would be most of the time of a test. */
function plant(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) plant(source, target);
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
    else {
      try {
        linkSync(source, target);
      } catch {
        copyFileSync(source, target);
      }
    }
  }
}
