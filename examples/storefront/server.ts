import type { Defaults } from '../shared/settings.js';
import type { ServerOf } from '../shared/start.js';
import { createStorefront } from './app.js';
import { openKeep, siteWords } from './keep.js';
import { createTables } from './tables.js';

export const shopDefaults: Defaults = {
  dataFolder: '.data',
  port: 8443,
  httpPort: 8080,
  example: 'https://shop.example',
};

/** The storefront: its look, its tables, its application. `folder` is where its views and files lie. */
export function storefront(folder: string): ServerOf {
  return {
    look: {
      name: 'Larkspur Lane',
      noun: 'shop',
      texts: {
        person: 'customer',
        neededFor: 'to send you things and to be paid for them',
        where: 'Where things go',
        letter: 'the garden letter',
        letterTitle: 'The garden letter',
        cardFor: 'to take a payment',
      },
      icon: 'larkspur.svg',
      styles: ['shop.css'],
      words: siteWords,
      folder,
    },
    createTables,
    openKeep,
    createApp: createStorefront,
  };
}
