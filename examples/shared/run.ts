import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { explain } from './explain.js';
import type { Settings, SettingsFrom } from './settings.js';
import type { RunningSite } from './start.js';

/** A server as a process: reads the settings, starts, and stops on a signal. `folder` is where its code lies. */
export async function run<S extends Settings>(server: {
  readonly name: string;
  readonly folder: string;
  readSettings(from: SettingsFrom): S;
  start(settings: S): Promise<RunningSite>;
}): Promise<void> {
  try {
    await open();
  } catch (error) {
    console.error(`${server.name} does not start.\n${explain(error)}`);
    process.exit(1);
  }

  async function open(): Promise<void> {
    const settings = server.readSettings({
      environment: process.env,
      flags: process.argv.slice(2),
      folder: process.cwd(),
      repository: repositoryOf(server.folder),
    });
    mkdirSync(settings.dataFolder, { recursive: true, mode: 0o700 });
    const site = await server.start(settings);
    let stopping = false;
    function stop(signal: NodeJS.Signals): void {
      // A second signal is somebody who does not want to wait for the last requests.
      if (stopping) process.exit(1);
      stopping = true;
      console.log(`${signal}: no new requests; those in progress are finished first.`);
      site.stop().then(
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
    console.log(site.greeting);
  }
}

/** The nearest folder above the code that is a package: a checkout, or the package where it is installed. */
function repositoryOf(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const above = dirname(folder);
  return above === folder ? folder : repositoryOf(above);
}
