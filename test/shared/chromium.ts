import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';

const places = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
export const browserPath: string | undefined = places.find((path) => path !== undefined && existsSync(path));
export const hasCertutil: boolean = works('certutil', ['--help']);

/** Why the browser tests cannot run here, or undefined. */
export const missing: string | undefined =
  browserPath === undefined
    ? 'No Chromium on this machine: install chromium, or set CHROMIUM to its path.'
    : hasCertutil
      ? undefined
      : 'No certutil on this machine: install libnss3-tools, so that the browser can be told to trust our CA.';

/** A browser with a new profile, which trusts these authorities because it was told to, and nothing was switched off. */
export async function openBrowser(
  ca: string | readonly string[] | undefined,
  settings: {
    readonly colorScheme?: 'light' | 'dark';
    readonly viewport?: { width: number; height: number };
    readonly javaScriptEnabled?: boolean;
  } = {},
): Promise<{ readonly context: BrowserContext; close(): Promise<void> }> {
  const home = mkdtempSync(join(tmpdir(), 'safekeep-browser-'));
  if (ca !== undefined) {
    const store = join(home, '.pki', 'nssdb');
    mkdirSync(store, { recursive: true });
    execFileSync('certutil', ['-d', `sql:${store}`, '-N', '--empty-password']);
    for (const [at, pem] of [ca].flat().entries()) {
      writeFileSync(join(home, 'ca.pem'), pem);
      execFileSync('certutil', [
        '-d',
        `sql:${store}`,
        '-A',
        '-t',
        'C,,',
        '-n',
        `dev ${at}`,
        '-i',
        join(home, 'ca.pem'),
      ]);
    }
  }
  const quiet = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
  const context = await chromium.launchPersistentContext(join(home, 'profile'), {
    executablePath: browserPath ?? '',
    args: ['--no-sandbox', '--disable-component-update', '--disable-sync', ...quiet],
    env: { HOME: home, PATH: process.env['PATH'] ?? '' },
    reducedMotion: 'reduce',
    ...settings,
  });
  return {
    context,
    async close() {
      await context.close();
      rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
}

function works(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch (error) {
    // certutil answers --help with status 1; what matters is that it is there.
    return (error as { code?: unknown }).code !== 'ENOENT';
  }
}
