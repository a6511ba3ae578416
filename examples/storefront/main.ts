import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { explain } from './explain.js';
import { readSettings } from './settings.js';
import { start } from './start.js';

const here = dirname(fileURLToPath(import.meta.url));

async function main(): Promise<void> {
  const settings = readSettings({
    environment: process.env,
    flags: process.argv.slice(2),
    folder: process.cwd(),
    repository: repositoryOf(here),
  });
  mkdirSync(settings.dataFolder, { recursive: true, mode: 0o700 });
  const storefront = await start(settings, here);
  let stopping = false;
  function stop(signal: NodeJS.Signals): void {
    // A second signal is somebody who does not want to wait for the last requests.
    if (stopping) process.exit(1);
    stopping = true;
    console.log(`${signal}: no new requests; those in progress are finished first.`);
    storefront.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(explain(error));
        process.exit(1);
      },
    );
  }
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  // Last: who reads this may send a signal at once.
  console.log(storefront.greeting);
}

main().catch((error: unknown) => {
  console.error(`The storefront does not start.\n${explain(error)}`);
  process.exit(1);
});

/** The nearest folder above the code that is a package: a checkout, or the package where it is installed. */
function repositoryOf(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const above = dirname(folder);
  return above === folder ? folder : repositoryOf(above);
}
