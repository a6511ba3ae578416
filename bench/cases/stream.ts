import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { type Duplex, Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createFields } from 'safekeep/fields';
import { newRing } from '../contenders/ring.js';
import type { BenchCase, Contender } from '../harness/case.js';

/** One operation is a mebibyte, as files are read: in pieces of 64 KiB. */
const bytes = 2 ** 20;
const pieceBytes = 65_536;
const file = Buffer.alloc(bytes, 'Larkspur Lane, invoice 17\n');

interface Streaming {
  seal(): Duplex;
  open(): Duplex;
  /** Hears the sealed stream when it has ended. */
  sealed?(seal: Duplex): void;
}

async function ours(): Promise<Streaming> {
  const fields = createFields({ application: 'bench', keys: await newRing() });
  const place = { table: 'invoices', column: 'pdf', row: '17' };
  return { seal: () => fields.sealStream(place), open: () => fields.openStream(place) };
}

/** One key, one nonce, one tag at the end, and plaintext that is given out before anything is authentic. */
async function bare(): Promise<Streaming> {
  const key = randomBytes(32);
  let nonce: Buffer = randomBytes(12);
  let tag: Buffer = Buffer.alloc(16);
  return {
    seal() {
      nonce = randomBytes(12);
      return createCipheriv('aes-256-gcm', key, nonce);
    },
    sealed: (seal) => {
      tag = (seal as ReturnType<typeof createCipheriv> & { getAuthTag(): Buffer }).getAuthTag();
    },
    open: () => createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 }).setAuthTag(tag),
  };
}

async function through(input: Buffer, stream: Duplex, use: (chunk: Buffer) => void): Promise<void> {
  let at = 0;
  const source = new Readable({
    read() {
      this.push(at >= input.length ? null : input.subarray(at, at + pieceBytes));
      at += pieceBytes;
    },
  });
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      use(chunk);
      done();
    },
  });
  await pipeline(source, stream, sink);
}

function contender(name: string, make: () => Promise<Streaming>, what: 'seal' | 'open'): Contender {
  return {
    name,
    async prepare() {
      const streaming = await make();
      const sealedFile = async (): Promise<Buffer> => {
        const parts: Buffer[] = [];
        const seal = streaming.seal();
        await through(file, seal, (chunk) => parts.push(chunk));
        streaming.sealed?.(seal);
        return Buffer.concat(parts);
      };
      const sealed = await sealedFile();
      return {
        async sample() {
          const hash = createHash('sha256');
          await through(sealed, streaming.open(), (chunk) => hash.update(chunk));
          return hash.digest('hex');
        },
        async run(operations) {
          let passed = 0;
          for (let done = 0; done < operations; done += 1) {
            const stream = what === 'seal' ? streaming.seal() : streaming.open();
            await through(what === 'seal' ? file : sealed, stream, (chunk) => {
              passed += chunk.length;
            });
          }
          return passed;
        },
      };
    },
  };
}

export const cases: readonly BenchCase[] = (['seal', 'open'] as const).map((what) => ({
  name: `stream-${what}`,
  question: `What does ${what === 'seal' ? 'sealing' : 'opening'} a stream cost, a mebibyte at a time, beside a bare AES-GCM stream?`,
  mode: 'together',
  operations: 8,
  contenders: [
    contender(`safekeep (fields.${what}Stream)`, ours, what),
    contender('AES-256-GCM, one stream', bare, what),
  ],
}));
