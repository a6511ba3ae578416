// Builds dist (always) and, when asked, the compiled examples and benches that import the package by its own name.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeCommonList } from './common-list.mjs';
import { makePasswordMeter } from './password-meter.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const known = ['--examples', '--bench'];
const wanted = new Set(process.argv.slice(2));
for (const option of wanted) {
  if (known.includes(option)) continue;
  console.error(`build: unknown option ${option} (known: ${known.join(' ')})`);
  process.exit(2);
}
let tsc;
try {
  tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
} catch {
  console.error(
    'The compiler is not installed: development dependencies were left out (NODE_ENV=production?). Run: npm ci --include=dev',
  );
  process.exit(1);
}

function compile(project, sources, output) {
  const { status } = spawnSync(process.execPath, [tsc, '-p', join(root, project)], { stdio: 'inherit' });
  prune(join(root, sources), join(root, output));
  if (status !== 0) process.exit(status ?? 1);
}

/** A file that was renamed must not live on. What still has its source stays: somebody may be running it. */
function prune(sources, output) {
  if (!existsSync(output)) return;
  for (const entry of readdirSync(output, { withFileTypes: true })) {
    const path = join(output, entry.name);
    if (entry.isDirectory()) {
      if (existsSync(join(sources, entry.name))) prune(join(sources, entry.name), path);
      else rmSync(path, { recursive: true });
    } else {
      const compiled = /^(.+?)(\.d\.ts|\.js)(\.map)?$/.exec(entry.name);
      if (
        compiled !== null &&
        !existsSync(join(sources, `${compiled[1]}.ts`)) &&
        !existsSync(join(sources, entry.name))
      )
        rmSync(path);
    }
  }
}

compile('tsconfig.json', 'src', 'dist');
const bin = join(root, 'dist/cli/main.js');
if (existsSync(bin)) chmodSync(bin, 0o755);
await makeCommonList();
makePasswordMeter();
for (const part of ['examples', 'bench']) {
  if (wanted.has(`--${part}`)) compile(part, part, join('.build', part));
}
if (wanted.has('--examples')) {
  const servers = ['shared', 'storefront', 'isp'].flatMap((server) => [`${server}/views`, `${server}/public`]);
  for (const assets of servers) {
    const from = join(root, 'examples', assets);
    const to = join(root, '.build/examples', assets);
    rmSync(to, { recursive: true, force: true });
    if (existsSync(from)) cpSync(from, to, { recursive: true });
  }
}
