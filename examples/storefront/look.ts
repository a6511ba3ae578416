import { join } from 'node:path';
import { passwordMeterScript } from 'safekeep/passwords';
import { type Assets, createAssets } from './assets.js';
import { siteWords } from './keep.js';
import { createViews, type Views } from './views.js';

export interface Look {
  readonly assets: Assets;
  readonly views: Views;
  errorPage(page: { readonly status: number; readonly title: string; readonly reference: string }): string;
}

const words: Readonly<Record<number, { readonly heading: string; readonly line: string }>> = {
  404: { heading: 'There is nothing on this spot', line: 'The page you asked for does not exist, or not any more.' },
  403: {
    heading: 'That did not come from here',
    line: 'The request came from a page of another site, so it was not carried out.',
  },
  421: { heading: 'Another address, please', line: 'This shop answers at its own address only.' },
  429: {
    heading: 'A moment, please',
    line: 'There were many tries from your network. Wait a few minutes, then try again.',
  },
  503: {
    heading: 'The shop is full',
    line: 'More people are at the door than we can serve at once. Try again in a minute; nothing of yours is lost.',
  },
};

/** How the shop looks: its files and its pages, and among them the page for everything that goes wrong. */
export function createLook(folder: string, development: boolean): Look {
  const assets = createAssets(join(folder, 'public'), { 'password-meter.js': passwordMeterScript() });
  const views = createViews(join(folder, 'views'), { asset: assets.url, siteWords });
  return Object.freeze({
    assets,
    views,
    errorPage({
      status,
      title,
      reference,
    }: {
      readonly status: number;
      readonly title: string;
      readonly reference: string;
    }) {
      const { heading, line } = words[status] ?? {
        heading: status < 500 ? 'That did not work' : 'Something broke on our side',
        line: title,
      };
      const lines =
        status < 500 ? [line] : [line, `If you write to us, this number finds the line in our log: ${reference}.`];
      return views.render('error', { development, status, heading, lines });
    },
  });
}
