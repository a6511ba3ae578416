// Builds dist (always) and, when asked, the compiled examples and benches that import the package by its own name.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const wanted = new Set(process.argv.slice(2));
let tsc;
try {
  tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
} catch {
  console.error(
    'The compiler is not installed: development dependencies were left out (NODE_ENV=production?). Run: npm ci --include=dev',
  );
  process.exit(1);
}

function compile(project) {
  const { status } = spawnSync(process.execPath, [tsc, '-p', join(root, project)], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

// A file that was renamed must not live on in dist.
rmSync(join(root, 'dist'), { recursive: true, force: true });
compile('tsconfig.json');
const bin = join(root, 'dist/cli/main.js');
if (existsSync(bin)) chmodSync(bin, 0o755);
for (const part of ['examples', 'bench']) {
  if (!wanted.has(`--${part}`)) continue;
  rmSync(join(root, '.build', part), { recursive: true, force: true });
  compile(part);
}
if (wanted.has('--examples')) {
  for (const assets of ['storefront/views', 'storefront/public']) {
    const from = join(root, 'examples', assets);
    if (existsSync(from)) cpSync(from, join(root, '.build/examples', assets), { recursive: true });
  }
}
