import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createProxies, senderOf } from '../../src/http/index.js';
import { requestFrom } from './request-from.js';

const proxies = createProxies();

/** A request that has come in over loopback, its response and its client. */
async function arrived() {
  const server = createServer();
  onTestFinished(() => void server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  onTestFinished(() => void client.destroy());
  client.resume().write('GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n');
  const [req, res] = (await once(server, 'request')) as [IncomingMessage, ServerResponse];
  return { req: Object.assign(req, { res }), res, client };
}

describe('senderOf', () => {
  it('is the network of the client, as the proxies tell it', () => {
    expect(senderOf(requestFrom('203.0.113.7'), proxies).client).toEqual({ subnet: '203.0.113.7/32' });
    const behind = requestFrom('10.0.0.1', { 'x-forwarded-for': '2001:db8:1:2ff::1' });
    const trusting = createProxies({ trusted: ['10.0.0.0/8'] });
    expect(senderOf(behind, trusting).client).toEqual({ subnet: '2001:db8:1:200::/56' });
  });

  it('aborts its signal when the client leaves before the answer', async () => {
    const { req, res, client } = await arrived();
    const { signal } = senderOf(req, proxies);
    expect(signal.aborted).toBe(false);
    client.destroy();
    await once(res, 'close');
    expect(signal.aborted).toBe(true);
  });

  it('has an aborted signal for a client that left before it was asked', async () => {
    const { req, res, client } = await arrived();
    client.destroy();
    await once(res, 'close');
    expect(senderOf(req, proxies).signal.aborted).toBe(true);
  });

  it('aborts nothing once the answer was given', async () => {
    const { req, res } = await arrived();
    const { signal } = senderOf(req, proxies);
    res.end('done');
    await once(res, 'close');
    expect(signal.aborted).toBe(false);
    expect(senderOf(req, proxies).signal.aborted).toBe(false);
  });

  it('never aborts for a request whose response nobody knows', () => {
    expect(senderOf(requestFrom('203.0.113.7'), proxies).signal.aborted).toBe(false);
  });
});
