import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../shared/run.js';
import { startSite } from '../shared/start.js';
import { accountServer } from './server.js';
import { readIspSettings } from './settings.js';

const folder = dirname(fileURLToPath(import.meta.url));

await run({
  name: 'The account server',
  folder,
  readSettings: readIspSettings,
  start: (settings) => startSite(settings, accountServer(folder, settings)),
});
