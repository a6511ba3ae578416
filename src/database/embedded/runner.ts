import { type ChildProcess, execFile, type StdioOptions, spawn, spawnSync } from 'node:child_process';
import { chownSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { SafekeepError } from '../../base/errors.js';
import { say } from '../../base/names.js';
import type { Binaries } from './binaries.js';

/** Runs the server's programs as somebody PostgreSQL accepts: it refuses root. */
export interface Runner {
  readonly kind: 'self' | 'namespace' | 'user';
  /** Runs a program to its end. */
  run(
    program: 'initdb' | 'postgres',
    args: readonly string[],
    folder: string,
  ): Promise<{ status: number; output: string }>;
  /** Starts the server; where the system can, it ends when this process ends, however that happens. */
  serve(args: readonly string[], folder: string, stdio: StdioOptions): ChildProcess;
  /** Makes a file or folder the server's. */
  give(path: string): void;
}

interface User {
  readonly uid: number;
  readonly gid: number;
}

/** The tools beside the server are the system's; nothing of our environment (tokens, passwords) goes to the server. */
const environment = { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C', TZ: 'UTC' };

/** As this very user. */
export function selfRunner({ folder }: Binaries): Runner {
  return runner('self', folder, [], undefined);
}

/**
 * For root: in a user namespace where the files of root are those of `nobody`. Nothing changes hands, and a checkout
 * below a folder that is closed to everybody else works. undefined where the system refuses namespaces, or where such
 * a process, which is root without its powers, cannot reach the folder.
 */
export function namespaceRunner({ folder }: Binaries, directory: string): Runner | undefined {
  const enter = ['unshare', '--user', '--map-user=65534', '--map-group=65534'];
  const works = (...command: string[]) => {
    const [program = '', ...args] = [...enter, ...command];
    return spawnSync(program, args, { env: environment, stdio: 'ignore' }).status === 0;
  };
  if (
    process.platform !== 'linux' ||
    !works(join(folder, 'bin/postgres'), '--version') ||
    !works('test', '-w', directory)
  ) {
    return undefined;
  }
  return runner('namespace', folder, enter, undefined);
}

/** For root: as another user. Binaries out of that user's reach are copied to the state folder once per version. */
export function userRunner({ folder, version }: Binaries, user: User, stateFolder: string): Runner {
  const reaches = (native: string) =>
    spawnSync(join(native, 'bin/postgres'), ['--version'], { ...user, cwd: '/', env: environment, stdio: 'ignore' })
      .status === 0;
  if (reaches(folder)) return runner('user', folder, [], user);
  const copy = join(stateFolder, `native-${version}`);
  if (!existsSync(copy)) {
    mkdirSync(stateFolder, { recursive: true, mode: 0o755 });
    const half = `${copy}.${process.pid}`;
    cpSync(folder, half, { recursive: true, verbatimSymlinks: true });
    try {
      renameSync(half, copy);
    } catch (error) {
      rmSync(half, { recursive: true, force: true });
      if (!existsSync(copy)) throw error;
    }
  }
  if (!reaches(copy)) throw new SafekeepError('ERR_EMBEDDED_DATABASE', { step: say`binaries` });
  return runner('user', copy, [], user);
}

/** Who the server is when root may not be, and namespaces are refused. */
export function nobody(): User {
  const line = /^nobody:[^:]*:(\d+):(\d+):/m.exec(existsSync('/etc/passwd') ? readFileSync('/etc/passwd', 'utf8') : '');
  if (line === null) throw new SafekeepError('ERR_EMBEDDED_DATABASE', { step: say`root` });
  return { uid: Number(line[1]), gid: Number(line[2]) };
}

function runner(kind: Runner['kind'], native: string, enter: readonly string[], user: User | undefined): Runner {
  const command = (program: string, args: readonly string[], guard: readonly string[]): [string, string[]] => {
    const [first = '', ...rest] = [...enter, ...guard, join(native, 'bin', program), ...args];
    return [first, rest];
  };
  return {
    kind,
    run: (program, args, folder) =>
      new Promise((resolve) => {
        const options = { ...user, cwd: folder, env: environment };
        execFile(...command(program, args, []), options, (error, stdout, stderr) => {
          const status = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
          resolve({ status, output: `${stdout}${stderr}` });
        });
      }),
    serve: (args, folder, stdio) =>
      // A session of its own: Ctrl-C in a terminal goes to every process of the foreground group, and requests that
      // are still being answered need the database.
      spawn(...command('postgres', args, deathGuard()), {
        ...user,
        cwd: folder,
        env: environment,
        stdio,
        detached: true,
      }),
    give: (path) => {
      if (user !== undefined) chownSync(path, user.uid, user.gid);
    },
  };
}

/** Immediate shutdown when the parent dies, which loses nothing that was acknowledged: the next start recovers. */
function deathGuard(): readonly string[] {
  const guard = ['--pdeathsig', 'QUIT'];
  return spawnSync('setpriv', [...guard, 'true'], { env: environment, stdio: 'ignore' }).status === 0
    ? ['setpriv', ...guard]
    : [];
}
