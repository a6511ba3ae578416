import { join } from 'node:path';
import { passwordMeterScript } from 'safekeep/passwords';
import { type Assets, createAssets } from './assets.js';
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

/** What the pages say of the site they belong to. */
export interface LookOf {
  readonly name: string;
  /** What it is called in a sentence: “the shop”. */
  readonly noun: string;
  readonly texts: SiteTexts;
  /** The picture of the site, among its files. */
  readonly icon: string;
  /** Its own style sheets, after the shared one. */
  readonly styles: readonly string[];
  /** Words that no password may rest on; the meter in the pages knows them too. */
  readonly words: readonly string[];
  /** The folder of its `views` and `public`. */
  readonly folder: string;
}

/** Where the words of a shared page differ. */
export interface SiteTexts {
  /** What who has an account here is called: “customer”. */
  readonly person: string;
  /** Why a registration needs what it asks for: “to send you things and …”. */
  readonly neededFor: string;
  /** Above name and address. */
  readonly where: string;
  /** The newsletter, in a sentence and as a title. */
  readonly letter: string;
  readonly letterTitle: string;
  /** What a card is opened for: “to take a payment”. */
  readonly cardFor: string;
}

type Words = Readonly<Record<number, { readonly heading: string; readonly line: string }>>;
const wordsOf = (noun: string): Words => ({
  404: { heading: 'There is nothing on this spot', line: 'The page you asked for does not exist, or not any more.' },
  403: {
    heading: 'That did not come from here',
    line: 'The request came from a page of another site, so it was not carried out.',
  },
  421: { heading: 'Another address, please', line: `The ${noun} answers at its own address only.` },
  429: {
    heading: 'A moment, please',
    line: 'There were many tries from your network, so the next one has to wait.',
  },
  503: {
    heading: `The ${noun} is full`,
    line: 'More people are at the door than we can serve at once. Nothing of yours is lost.',
  },
});

/** How the site looks: its files and its pages, and among them the page for everything that goes wrong. */
export function createLook({ folder, words: siteWords, ...site }: LookOf, development: boolean): Look {
  const folders = [join(folder, '..', 'shared'), folder];
  const assets = createAssets(
    folders.map((one) => join(one, 'public')),
    { 'password-meter.js': passwordMeterScript() },
  );
  const views = createViews(
    folders.map((one) => join(one, 'views')),
    { asset: assets.url, siteWords, site },
  );
  const words = wordsOf(site.noun);
  return Object.freeze({
    assets,
    views,
    errorPage({ status, title, reference, retryAfterSeconds }: Failure) {
      const { heading, line } = words[status] ?? {
        heading: status < 500 ? 'That did not work' : 'Something broke on our side',
        line: title,
      };
      const wait = retryAfterSeconds === undefined ? [] : [`Try again in ${waitOf(retryAfterSeconds)}.`];
      // Told of a sign-in only: where mails themselves are limited it would be no help.
      const help = status === 429 && /sign in/.test(title) ? ['A new password can be set by mail at any time.'] : [];
      const lines =
        status < 500
          ? [line, ...wait, ...help]
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
