import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer as createPlainServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { issueDevelopmentCertificates } from '../../src/certificates/index.js';
import { temporaryFolder } from './temporary-folder.js';

/** What the next request meets instead of the service: a status, a body, silence, a torn connection. */
export type Fault =
  | { readonly status: number; readonly body?: object; readonly headers?: Record<string, string> }
  | 'silence'
  | 'torn'
  | 'endless';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface KeyServer {
  readonly address: string;
  readonly ca: string;
  readonly port: number;
  readonly received: Received[];
  readonly faults: Fault[];
}
export type Answering = (request: Received) => { readonly status: number; readonly body: object };

/** A key service on loopback with the faults it is told to have. */
export async function keyServer(answer: Answering, plain = false): Promise<KeyServer> {
  const directory = join(await temporaryFolder(), 'tls');
  const { ca, cert, key } = await issueDevelopmentCertificates({ directory, hosts: ['localhost', '127.0.0.1'] });
  const received: Received[] = [];
  const faults: Fault[] = [];

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const { method = '', url = '', headers } = request;
    const got = { method, path: url, headers, body: Buffer.concat(parts).toString('utf8') };
    received.push(got);
    const fault = faults.shift();
    if (fault === 'silence') return;
    if (fault === 'torn') return void request.socket.destroy();
    if (fault === 'endless') return void response.writeHead(200).end(Buffer.alloc(128 * 1024, 32));
    const { status, body = {}, ...rest } = fault ?? answer(got);
    const more = 'headers' in rest ? (rest.headers as Record<string, string>) : {};
    response.writeHead(status, { 'content-type': 'application/json', ...more }).end(JSON.stringify(body));
  }
  const listener = (request: IncomingMessage, response: ServerResponse) => void handle(request, response);
  const server = plain
    ? createPlainServer(listener)
    : createServer({ key: readFileSync(key), cert: readFileSync(cert) }, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const address = `${plain ? 'http' : 'https'}://127.0.0.1:${port}`;
  return { address, ca: readFileSync(ca, 'utf8'), port, received, faults };
}

function seal(key: Buffer, aad: Buffer, plaintext: Buffer): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 }).setAAD(aad);
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

function open(key: Buffer, aad: Buffer, sealed: Buffer): Buffer | null {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12), { authTagLength: 16 });
    decipher.setAAD(aad).setAuthTag(sealed.subarray(-16));
    return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]);
  } catch {
    return null;
  }
}

const json = (text: string) => JSON.parse(text) as Record<string, unknown>;
const bytes = (text: unknown) => Buffer.from(String(text), 'base64');

/**
 * The transit engine as OpenBao's API pages describe it (website/content/api-docs/secret/transit.mdx): key versions,
 * `min_decryption_version`, associated data, tokens.
 */
export function transit() {
  const state = {
    token: 'hvs.first',
    latest: 1,
    minDecryptionVersion: 1,
    versions: new Map([[1, randomBytes(32)]]),
    rotate() {
      state.latest += 1;
      state.versions.set(state.latest, randomBytes(32));
    },
  };
  const errors = (status: number, text: string) => ({ status, body: { errors: [text] } });
  const answer: Answering = ({ method, path, headers, body }) => {
    if (headers['x-vault-token'] !== state.token) return errors(403, 'permission denied');
    const [, operation] = /^\/v1\/transit\/(encrypt|decrypt)\/shop$/.exec(path) ?? [];
    if (method !== 'POST' || operation === undefined) return errors(404, 'no handler for route');
    const { plaintext, ciphertext, associated_data } = json(body);
    const aad = bytes(associated_data ?? '');
    if (operation === 'encrypt') {
      const key = state.versions.get(state.latest) as Buffer;
      const text = `vault:v${state.latest}:${seal(key, aad, bytes(plaintext)).toString('base64')}`;
      return { status: 200, body: { data: { ciphertext: text, key_version: state.latest } } };
    }
    const [, version, sealed] = /^vault:v(\d+):(.+)$/.exec(String(ciphertext)) ?? [];
    const key = state.versions.get(Number(version));
    if (key === undefined) return errors(400, 'invalid ciphertext: no prefix');
    if (Number(version) < state.minDecryptionVersion) {
      return errors(400, 'ciphertext or signature version is disallowed by policy (too old)');
    }
    const opened = open(key, aad, bytes(sealed));
    if (opened === null) return errors(400, 'cipher: message authentication failed');
    return { status: 200, body: { data: { plaintext: opened.toString('base64') } } };
  };
  return { state, answer };
}

const aws = (status: number, type: string) => ({
  status,
  body: { __type: type, message: 'not for logs: ada@example.com' },
});

/**
 * KMS as its API reference describes Encrypt and Decrypt: encryption context, key state, Signature Version 4, which is
 * recomputed here from the headers the request says it signed.
 */
export function kms(nowMs: () => number) {
  const state = {
    keyId: 'alias/shop',
    enabled: true,
    key: randomBytes(32),
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secretOfTheExample', sessionToken: 'session-1' },
    expiresAtMs: Number.POSITIVE_INFINITY,
  };
  const answer: Answering = (request) => {
    const problem = wrongSignature(request, state.credentials, nowMs());
    if (problem !== undefined) return aws(400, problem);
    if (nowMs() >= state.expiresAtMs) return aws(400, 'ExpiredTokenException');
    const { KeyId, Plaintext, CiphertextBlob, EncryptionContext } = json(request.body);
    if (KeyId !== state.keyId) return aws(400, 'com.amazonaws.kms#NotFoundException');
    if (!state.enabled) return aws(400, 'DisabledException');
    const aad = Buffer.from(JSON.stringify(EncryptionContext), 'utf8');
    const arn = { KeyId: 'arn:aws:kms:eu-central-1:111122223333:key/shop', EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
    if (request.headers['x-amz-target'] === 'TrentService.Encrypt') {
      return {
        status: 200,
        body: { ...arn, CiphertextBlob: seal(state.key, aad, bytes(Plaintext)).toString('base64') },
      };
    }
    if (request.headers['x-amz-target'] !== 'TrentService.Decrypt') return aws(400, 'UnknownOperationException');
    const opened = open(state.key, aad, bytes(CiphertextBlob));
    if (opened === null) return aws(400, 'InvalidCiphertextException');
    return { status: 200, body: { ...arn, Plaintext: opened.toString('base64') } };
  };
  return { state, answer };
}

function wrongSignature(
  { method, path, headers, body }: Received,
  {
    accessKeyId,
    secretAccessKey,
    sessionToken,
  }: { accessKeyId: string; secretAccessKey: string; sessionToken: string },
  nowMs: number,
): string | undefined {
  const form =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/kms\/aws4_request, SignedHeaders=([^,]+), Signature=(\w{64})$/;
  const [, id, day = '', region = '', signed = '', signature] = form.exec(String(headers.authorization)) ?? [];
  if (signature === undefined) return 'IncompleteSignatureException';
  if (id !== accessKeyId || headers['x-amz-security-token'] !== sessionToken) return 'UnrecognizedClientException';
  const date = String(headers['x-amz-date']);
  const at = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (Math.abs(at - nowMs) > 300_000 || !date.startsWith(day)) return 'InvalidSignatureException';
  const names = signed.split(';');
  for (const needed of ['host', 'x-amz-date', 'x-amz-security-token', 'x-amz-target', 'content-type']) {
    if (!names.includes(needed)) return 'IncompleteSignatureException';
  }
  const digest = (text: string) => createHash('sha256').update(text, 'utf8').digest('hex');
  const mac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text, 'utf8').digest();
  const canonical = `${method}\n${path}\n\n${names.map((name) => `${name}:${String(headers[name])}\n`).join('')}\n${signed}\n${digest(body)}`;
  const key = mac(mac(mac(mac(`AWS4${secretAccessKey}`, day), region), 'kms'), 'aws4_request');
  const text = `AWS4-HMAC-SHA256\n${date}\n${day}/${region}/kms/aws4_request\n${digest(canonical)}`;
  return mac(key, text).toString('hex') === signature && region === 'eu-central-1'
    ? undefined
    : 'InvalidSignatureException';
}
