import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../shared/run.js';
import { readSettings } from '../shared/settings.js';
import { startSite } from '../shared/start.js';
import { shopDefaults, storefront } from './server.js';

const folder = dirname(fileURLToPath(import.meta.url));

await run({
  name: 'The storefront',
  folder,
  readSettings: (from) => readSettings(from, shopDefaults),
  start: (settings) => startSite(settings, storefront(folder)),
});
