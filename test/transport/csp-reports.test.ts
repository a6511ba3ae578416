import express from 'express';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { type CspReport, cspReports, errors } from '../../src/transport/index.js';
import { clockAt } from '../certificates/fixtures.js';

function endpoint(perMinute = 60) {
  const reports: CspReport[] = [];
  const clock = clockAt(0);
  const app = express();
  app.post('/csp-reports', ...cspReports({ onReport: (report) => reports.push(report), perMinute, clock }));
  app.use(errors());
  const send = (body: unknown, type = 'application/csp-report') =>
    request(app).post('/csp-reports').type(type).send(JSON.stringify(body));
  return { reports, clock, send };
}
const old = (more: object = {}) => ({
  'csp-report': {
    'document-uri': 'https://shop.example/reset/ada@example.com?token=abc',
    'blocked-uri': 'https://evil.example/steal?card=4111111111111111',
    'effective-directive': 'connect-src',
    'script-sample': 'ada@example.com',
    disposition: 'enforce',
    ...more,
  },
});

describe('cspReports', () => {
  it('takes both forms, and leaves out what would say something of a person', async () => {
    const { reports, send } = endpoint();
    await send(old()).expect(204);
    await send(
      [
        {
          type: 'csp-violation',
          url: 'https://shop.example/orders/4711',
          body: { effectiveDirective: 'script-src-elem', blockedURL: 'inline', disposition: 'report' },
        },
        { type: 'deprecation', body: {} },
      ],
      'application/reports+json',
    ).expect(204);
    expect(reports).toEqual([
      { directive: 'connect-src', blocked: 'https://evil.example', disposition: 'enforce' },
      { directive: 'script-src-elem', blocked: 'inline', disposition: 'report' },
    ]);
  });

  it.each([
    ['a directive that is none', old({ 'effective-directive': 'ada@example.com' }), 0],
    ['an address that is none', old({ 'blocked-uri': 'ada@example.com' }), 'unknown'],
    ['an address with a password', old({ 'blocked-uri': 'https://ada:secret@evil.example/' }), 'https://evil.example'],
    ['a data URL', old({ 'blocked-uri': 'data:text/html,ada@example.com' }), 'data:'],
    ['a number', 7, 0],
    ['null', null, 0],
  ])('cuts %s', async (_what, body, kept) => {
    const { reports, send } = endpoint();
    const { status } = await send(body);
    expect([204, 400]).toContain(status);
    expect(reports.map(({ blocked }) => blocked)).toEqual(kept === 0 ? [] : [kept]);
  });

  it('takes no more in a minute than it was told, ten in one request, and no large bodies', async () => {
    const { reports, clock, send } = endpoint(15);
    const many = Array.from({ length: 50 }, () => ({ type: 'csp-violation', body: { effectiveDirective: 'img-src' } }));
    await send(many, 'application/reports+json').expect(204);
    expect(reports).toHaveLength(10);
    await send(many, 'application/reports+json').expect(204);
    expect(reports).toHaveLength(15);
    clock.ms += 60_000;
    await send(old()).expect(204);
    expect(reports).toHaveLength(16);
    await send(old({ padding: 'x'.repeat(20_000) })).expect(413);
  });
});
