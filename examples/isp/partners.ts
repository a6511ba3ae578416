import { existsSync } from 'node:fs';
import { join } from 'node:path';
import express, { type Application, type Request, Router } from 'express';
import { openPartnerRegister, type PartnerRegister } from 'safekeep/certificates';
import type { Queryable, Row } from 'safekeep/database';
import { receivableColumns } from 'safekeep/policy';
import {
  createPartnerServer,
  errors,
  noStore,
  notFound,
  partnerOf,
  partnerOnly,
  secureHeaders,
} from 'safekeep/transport';
import { fieldOf } from '../shared/site.js';
import type { SiteParts } from '../shared/start.js';
import { readRecord } from './accounting.js';
import { takeRecord } from './line-sessions.js';
import { isSecretOf, linePartners } from './lines.js';
import type { IspSettings } from './settings.js';

const purpose = 'provisioning';
const mostRecords = 200;
const mostLines = 100;
const states: readonly string[] = ['active', 'fault'];

/**
 * What the programs of ISP service partners may ask, each let in by its certificate: the lines that it builds, with the
 * columns its purpose gives it, and what its lines report. A line of another partner is one that does not exist.
 */
export function createPartnerApp(parts: SiteParts & { readonly register: PartnerRegister }): Application {
  const { keep, database, register, nowMs = Date.now } = parts;
  const app = express();
  app.disable('x-powered-by').disable('etag');
  const guard = partnerOnly({
    register,
    policy: keep.policy,
    partners: Object.fromEntries(linePartners.map((name) => [name, 'isp_partners'])),
    purpose,
    events: keep.events,
    clock: { nowMs, wait: () => Promise.resolve() },
  });
  // Who it is comes first: of a stranger not one byte of a body is read.
  app.use(secureHeaders(), noStore, guard, express.json({ limit: '256kb' }), routes());
  app.use(
    notFound(),
    errors({
      onError({ error, status, reference }) {
        if (status >= 500) keep.log.error({ err: error, status, reference }, 'partner request failed');
      },
    }),
  );
  return app;

  function routes(): Router {
    const router = Router();

    router.get('/provisioning/lines', async (req, res) => {
      const lines = await database.transaction(async (tx) => {
        const rows = await tx.query(
          `select * from subscribers where line_partner = $1 and line_state = 'ordered' order by created_at limit ${mostLines}`,
          [partnerOf(req).name],
        );
        return await handOver(req, tx, rows);
      });
      res.json({ lines });
    });

    router.get('/provisioning/lines/:login', async (req, res, next) => {
      const found = await database.transaction(async (tx) => await handOver(req, tx, await lineOf(req, tx)));
      const [line] = found;
      if (line === undefined) return next();
      res.json(line);
    });

    router.post('/provisioning/lines/:login/state', async (req, res, next) => {
      const state = fieldOf(req.body, 'state');
      if (!states.includes(state))
        return void res.status(422).json({ title: 'The state of a line is active or fault.' });
      const changed = await database.query(
        `update subscribers set line_state = $3,
           line_since = case when $3 = 'active' then coalesce(line_since, $4) else line_since end
         where line_login = $1 and line_partner = $2 returning 1`,
        [req.params.login, partnerOf(req).name, state, new Date(nowMs())],
      );
      if (changed.length === 0) return next();
      keep.log.info({ partner: partnerOf(req).name, state }, 'line state reported');
      res.json({ state });
    });

    // The line's own equipment asks whether it may let somebody in (as PAP, RFC 2865). The answer is yes or no.
    router.post('/provisioning/lines/:login/check', async (req, res, next) => {
      const [stored] = await lineOf(req, database);
      if (stored === undefined) return next();
      res.json({ accept: isSecretOf(parts, stored, fieldOf(req.body, 'secret')) });
    });

    router.post('/provisioning/accounting', async (req, res) => {
      const body: unknown = req.body;
      const given = typeof body === 'object' && body !== null ? (body as { records?: unknown }).records : undefined;
      if (!Array.isArray(given) || given.length > mostRecords)
        return void res.status(422).json({ title: `Send a list of up to ${mostRecords} records.` });
      const refused: { readonly at: number; readonly code: string }[] = [];
      for (const [at, one] of (given as readonly unknown[]).entries()) {
        const record = readRecord(one, nowMs());
        const code =
          typeof record === 'string' ? record : await takeRecord(parts, partnerOf(req).name, record, nowMs());
        if (code !== undefined) refused.push({ at, code });
      }
      keep.log.info(
        { partner: partnerOf(req).name, taken: given.length - refused.length, refused: refused.length },
        'records taken',
      );
      res.json({ taken: given.length - refused.length, refused });
    });
    return router;
  }

  async function lineOf(req: Request, tx: Pick<Queryable, 'query'>): Promise<readonly Row[]> {
    const { login } = req.params;
    return await tx.query('select * from subscribers where line_login = $1 and line_partner = $2', [
      login,
      partnerOf(req).name,
    ]);
  }

  /** Opens rows for the partner's purpose, keeps the columns it may be given, and writes down that it was. */
  async function handOver(req: Request, tx: Queryable, rows: readonly Row[]) {
    const { name, serial, recipient } = partnerOf(req);
    const columns = receivableColumns(keep.policy.table('subscribers'), recipient, purpose);
    const given = { recipient: recipient.name, purpose, table: 'subscribers', columns, by: { name, serial } };
    await keep.disclosures.record(
      rows.map((row) => ({ account: String(row['id']), ...given })),
      tx,
    );
    return rows.map((stored) => {
      const opened: Row = keep.fields.openRow('subscribers', stored, purpose).reveal();
      const told = Object.fromEntries(columns.map((column) => [column, opened[column] ?? null]));
      return { ...told, plan: stored['plan'], state: stored['line_state'] };
    });
  }
}

/**
 * The partners' listener, on a port of its own that ends TLS itself. Without a register it does not start: an empty
 * folder may be a volume that is not mounted. In development the first certificate is issued, so that it can be tried.
 */
export async function listenToPartners(
  parts: SiteParts,
  { key, cert }: { readonly key: string; readonly cert: string },
  settings: Pick<IspSettings, 'partnerPort' | 'partnerFolder' | 'host' | 'development'>,
) {
  const { partnerPort: port, partnerFolder: directory, host, development } = settings;
  const { log } = parts.keep;
  const register = openPartnerRegister({ directory });
  const isFirst = development && !existsSync(join(directory, 'register.json'));
  if (isFirst) await register.issue(linePartners[0]);
  const server = createPartnerServer(createPartnerApp({ ...parts, register }), { key, cert, port, host, register });
  await server.listen();
  server.follow({
    onRefused: (error) =>
      log.error({ err: error }, 'a certificate or a partner was refused; the present ones are served on'),
  });
  return {
    lines: [
      `  partners, by mTLS      https://${host.includes(':') ? `[${host}]` : host}:${port}/provisioning/lines`,
      ...(isFirst
        ? [`                         with the certificate and key in ${join(directory, linePartners[0])}`]
        : []),
    ],
    stop: () => server.close(),
  };
}
