import { join } from 'node:path';
import { passwordMeterScript } from 'safekeep/passwords';
import { type Assets, createAssets } from './assets.js';
import { siteWords } from './keep.js';
import { createViews, type Views } from './views.js';

export interface Look {
  readonly assets: Assets;
  readonly views: Views;
  errorPage(page: Failure): string;
}

interface Failure {
  readonly status: number;
  readonly title: string;
  readonly reference: string;
  readonly retryAfterSeconds?: number | undefined;
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
    line: 'There were many tries from your network, so the next one has to wait. A new password can be set by mail at any time.',
  },
  503: {
    heading: 'The shop is full',
    line: 'More people are at the door than we can serve at once. Nothing of yours is lost.',
  },
};

/** How the shop looks: its files and its pages, and among them the page for everything that goes wrong. */
export function createLook(folder: string, development: boolean): Look {
  const assets = createAssets(join(folder, 'public'), { 'password-meter.js': passwordMeterScript() });
  const views = createViews(join(folder, 'views'), { asset: assets.url, siteWords });
  return Object.freeze({
    assets,
    views,
    errorPage({ status, title, reference, retryAfterSeconds }: Failure) {
      const { heading, line } = words[status] ?? {
        heading: status < 500 ? 'That did not work' : 'Something broke on our side',
        line: title,
      };
      const wait = retryAfterSeconds === undefined ? [] : [`Try again in ${waitOf(retryAfterSeconds)}.`];
      const lines =
        status < 500
          ? [line, ...wait]
          : [line, ...wait, `If you write to us, this number finds the line in our log: ${reference}.`];
      return views.render('error', { development, status, heading, lines });
    },
  });
}

/** The wait in words: nobody counts in hundreds of seconds. */
function waitOf(seconds: number): string {
  if (seconds <= 90) return `${seconds} ${seconds === 1 ? 'second' : 'seconds'}`;
  return `${Math.ceil(seconds / 60)} minutes`;
}
