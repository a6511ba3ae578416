import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Clock, systemClock } from '../../base/clock.js';
import { askApplication, lookAtApplication } from '../../doctor/look/application.js';
import { type FileToLookAt, lookAtFiles, lookAtPair } from '../../doctor/look/files.js';
import { lookAtLogs } from '../../doctor/look/logs.js';
import { lookAtPasswords } from '../../doctor/look/passwords.js';
import { lookAtPlaintext } from '../../doctor/look/plaintext.js';
import { lookAtRedirects } from '../../doctor/look/redirects.js';
import { lookAtRepository } from '../../doctor/look/repository.js';
import { lookAtRing } from '../../doctor/look/ring.js';
import { clockOfDatabase, lookAtSchema } from '../../doctor/look/schema.js';
import { clockOfServer, lookAtServer } from '../../doctor/look/server.js';
import type { ClockView, Subject } from '../../doctor/subject.js';
import type { AppParts } from '../load-app.js';
import type { RingChoice, Setup } from '../setup.js';

/** What the command line names. */
export interface DoctorChoice extends RingChoice {
  readonly app?: string;
  readonly url?: string;
  readonly origin?: string;
  readonly plaintext?: string;
  readonly ca: readonly string[];
  readonly page: readonly string[];
  readonly post: readonly string[];
  readonly scriptCookie: readonly string[];
  readonly key?: string;
  readonly cert?: string;
  readonly elsewhere: readonly string[];
  readonly resetMail?: string;
  readonly repository?: string;
  readonly timeout: number;
}

/** One look at one part of the installation. */
export interface Step {
  /** For the progress bar. */
  readonly name: string;
  look(soFar: Subject): Promise<Partial<Subject>>;
}

/** What is looked at, in an order in which a later step may rest on an earlier one. Nothing is opened here yet. */
export function stepsOf(
  choice: DoctorChoice,
  app: AppParts,
  setup: Setup,
  clock: Clock = systemClock,
): readonly Step[] {
  const steps: Step[] = [];
  const { url, timeout: limitMs, post: posts } = choice;
  const pages = choice.page.length === 0 ? ['/'] : choice.page;
  const origin = url ?? choice.origin ?? app.origin;
  const step = (name: string, look: Step['look']): void => void steps.push({ name, look });

  if (app.app !== undefined) {
    const { app: express } = app;
    step('application', async () => ({
      application: lookAtApplication(express),
      answers:
        url === undefined && origin !== undefined
          ? await askApplication(express, origin, { pages, posts }, limitMs)
          : undefined,
    }));
  }
  if (app.passwords !== undefined) {
    const { passwords } = app;
    step('passwords', async () => ({ passwords: await lookAtPasswords(passwords) }));
  }
  if (app.app !== undefined || app.log !== undefined)
    step('log', async () => ({ logs: await lookAtLogs({ ...app, origin }, limitMs) }));
  if (url !== undefined) {
    const authorities = choice.ca.map((path) => readFileSync(path, 'utf8'));
    step('server', () => lookAtServer({ origin: url, authorities, pages, posts, limitMs }));
    const plain = choice.plaintext ?? plaintextOf(url);
    const first = pages[0] ?? '/';
    if (plain !== undefined)
      step('plaintext', async () => ({ plaintext: await lookAtPlaintext(plain, url, first, limitMs) }));
    step('redirects', async () => ({ redirects: await lookAtRedirects(plain ?? url, limitMs) }));
    step('clock of the server', async ({ clocks = [] }) => {
      const told = await clockOfServer(url, limitMs, clock.nowMs);
      return told === undefined ? {} : { clocks: [...clocks, told] };
    });
  }
  const { key, cert } = choice;
  if (key !== undefined && cert !== undefined) {
    const host = origin === undefined ? undefined : new URL(origin).hostname;
    step('certificate files', async () => ({ pair: lookAtPair(key, cert, host, clock) }));
  }
  ringSteps(choice, setup, step);
  databaseSteps(choice, app, setup, clock, step);
  step('files', async () => ({ files: await lookAtFiles(filesOf(choice)) }));
  const mail = choice.resetMail;
  if (mail !== undefined)
    step('reset mail', async () => ({ resetMail: { place: mail, text: readFileSync(mail, 'utf8') } }));
  else if (app.resetMail !== undefined) {
    const { resetMail } = app;
    step('reset mail', async () => ({
      resetMail: {
        place: choice.app ?? '',
        text: typeof resetMail === 'string' ? resetMail : String(await resetMail()),
      },
    }));
  }
  const { repository } = choice;
  if (repository !== undefined) step('repository', async () => ({ repository: await lookAtRepository(repository) }));
  return steps;
}

type Add = (name: string, look: Step['look']) => void;

function ringSteps(choice: DoctorChoice, setup: Setup, add: Add): void {
  const named = choice.root !== undefined || choice.ring !== undefined || choice.ringInDatabase === true;
  if (!named && choice.config === undefined) return;
  const paths =
    choice.root !== undefined && choice.ring !== undefined
      ? { root: resolve(choice.root), ring: resolve(choice.ring) }
      : undefined;
  add('key ring', async () => {
    const place = await setup.place();
    return {
      ring: await lookAtRing({
        name: setup.ringName,
        open: () => setup.ring(),
        database: 'database' in place ? place.database : undefined,
        paths,
      }),
    };
  });
}

function databaseSteps(choice: DoctorChoice, app: AppParts, setup: Setup, clock: Clock, add: Add): void {
  if (choice.database === undefined && choice.embedded === undefined && choice.config === undefined) return;
  add('database', async ({ clocks = [] }) => {
    const database = await setup.database();
    const policy = app.policy ?? (await setup.policyIfAny());
    const told: ClockView = await clockOfDatabase(database, clock.nowMs);
    return { schema: await lookAtSchema(database, policy, choice.elsewhere), clocks: [...clocks, told] };
  });
}

function filesOf({ key, cert, root, ring }: DoctorChoice): readonly FileToLookAt[] {
  const file = (path: string | undefined, secret: boolean): FileToLookAt[] =>
    path === undefined ? [] : [{ path, secret }];
  return [...file(key, true), ...file(cert, false), ...file(root, true), ...file(ring, true)];
}

/** Where plaintext arrives is only known by custom at the ports of custom. */
function plaintextOf(url: string): string | undefined {
  const { port, hostname } = new URL(url);
  return port === '' ? `http://${hostname}` : undefined;
}
