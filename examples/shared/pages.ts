import type { Request, Response } from 'express';
import { maybeSessionOf } from 'safekeep/sessions';
import { type Form, formOf, type Problem } from './form.js';
import type { Note, Views } from './views.js';

export interface Answer {
  readonly status?: number;
  /** The view. */
  readonly page: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly form?: Form;
  readonly note?: Note | undefined;
  /** The same, for programs. */
  readonly json: object;
}

export interface Pages {
  /** The page, or its JSON where that was asked for. */
  send(req: Request, res: Response, answer: Answer): Promise<void>;
  /** The form once more, with what is wrong with it beside each field; for programs a problem (RFC 9457). */
  refuse(
    req: Request,
    res: Response,
    refusal: {
      readonly status: number;
      readonly page: string;
      readonly data?: Readonly<Record<string, unknown>>;
      readonly problems: readonly Problem[];
      readonly values?: unknown;
      readonly note?: Note | undefined;
    },
  ): Promise<void>;
  /** After a change: on to a page of ours with 303, so that reloading changes nothing; for programs the outcome. */
  done(
    req: Request,
    res: Response,
    outcome: { readonly to: string; readonly status?: number; readonly json: object },
  ): void;
}

export function wantsJson(req: Request): boolean {
  const accept = req.headers.accept ?? '*/*';
  if (accept === '*/*') return req.is('json') === 'json';
  return req.accepts(['html', 'json']) === 'json';
}

export function createPages(parts: {
  readonly views: Views;
  /** What the head of every page shows beside who is signed in, such as how full a cart is. */
  readonly head?: (req: Request) => Promise<Readonly<Record<string, unknown>>>;
  readonly development: boolean;
}): Pages {
  const { views, head, development } = parts;

  async function send(
    req: Request,
    res: Response,
    { status = 200, page, data = {}, form, note, json }: Answer,
  ): Promise<void> {
    res.status(status).vary('Accept');
    // Every page shows who is signed in, and some how full the cart is: nothing for a shared cache.
    if (!res.hasHeader('Cache-Control')) res.set('Cache-Control', 'private, no-cache');
    if (wantsJson(req)) {
      res.json(json);
      return;
    }
    const html = views.render(page, {
      ...data,
      ...(form === undefined ? {} : { form }),
      ...(note === undefined ? {} : { note }),
      development,
      signedIn: maybeSessionOf(req) !== undefined,
      ...(await head?.(req)),
    });
    res.type('html').send(html);
  }

  return Object.freeze({
    send,
    async refuse(req, res, { status, page, data = {}, problems, values, note }) {
      if (wantsJson(req)) {
        res
          .status(status)
          .vary('Accept')
          .set('Cache-Control', 'no-store')
          .type('application/problem+json')
          .json({
            type: 'about:blank',
            title: problems.length === 1 ? problems[0]?.message : 'Some fields need another look.',
            status,
            fields: problems.map(({ field, code, message }) => ({ field, code, message })),
          });
        return;
      }
      await send(req, res, { status, page, data, form: formOf(values, problems), note, json: {} });
    },
    done(req, res, { to, status = 200, json }) {
      res.vary('Accept');
      if (wantsJson(req)) res.status(status).set('Cache-Control', 'no-store').json(json);
      else res.redirect(303, to);
    },
  } satisfies Pages);
}
