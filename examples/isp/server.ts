import type { ServerOf } from '../shared/start.js';
import { createAccountServer } from './app.js';
import { openKeep, siteWords } from './keep.js';
import { listenToPartners } from './partners.js';
import type { IspSettings } from './settings.js';
import { createTables } from './tables.js';

/** The account server: its look, its tables, its application. `folder` is where its views and files lie. */
export function accountServer(folder: string, settings?: IspSettings): ServerOf {
  return {
    look: {
      name: 'Harrow Net',
      noun: 'account server',
      texts: {
        person: 'subscriber',
        neededFor: 'to bring you a line and to be paid for it',
        where: 'Where the line goes',
        letter: 'news of the net',
        letterTitle: 'News of the net',
        cardFor: 'for the bill of the month',
      },
      icon: 'harrow.svg',
      styles: ['harrow.css'],
      words: siteWords,
      folder,
    },
    createTables,
    openKeep,
    createApp: createAccountServer,
    ...(settings && { also: (parts, tls) => listenToPartners(parts, tls, settings) }),
  };
}
