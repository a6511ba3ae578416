import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { createFields } from 'safekeep/fields';
import type { Contender, Prepared } from '../harness/case.js';
import { newRing } from './ring.js';

/** Text in, text out, as a column of a database stores it. */
interface Sealing {
  seal(value: string): string;
  open(sealed: string): string;
}

/** 64 bytes: a postal address in one line. */
export const values: readonly string[] = Array.from({ length: 64 }, (_, index) =>
  `${index} Larkspur Lane, Harrow-on-the-Marsh, Example County`.padEnd(64, '.'),
);

async function ours(): Promise<Sealing> {
  const fields = createFields({ application: 'bench', keys: await newRing() });
  const place = { table: 'customers', column: 'address', row: '17' };
  return {
    seal: (value) => fields.seal(value, place),
    open: (sealed) => fields.open(sealed, place).reveal() as string,
  };
}

/** What is written when nobody has thought about it: random nonce, AES-256-GCM, no place, no commitment, one key. */
async function naive(): Promise<Sealing> {
  const key = randomBytes(32);
  return {
    seal(value) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      const body = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, body, cipher.getAuthTag()]).toString('base64url');
    },
    open(sealed) {
      const bytes = Buffer.from(sealed, 'base64url');
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), { authTagLength: 16 });
      decipher.setAuthTag(bytes.subarray(-16));
      return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString('utf8');
    },
  };
}

const contestants = [
  { name: 'safekeep (fields)', make: ours },
  { name: 'naive AES-256-GCM', make: naive },
] as const;

/** Contenders agree when what they sealed opens to what went in, and a flipped bit opens to nothing. */
export function sealers(run: (sealing: Sealing) => Prepared['run']): Contender[] {
  return contestants.map(({ name, make }) => ({
    name,
    async prepare() {
      const sealing = await make();
      return {
        sample: () =>
          values.map((value) => `${sealing.open(sealing.seal(value))} ${refusesFlipped(sealing, value)}`).join('\n'),
        run: run(sealing),
      };
    },
  }));
}

function refusesFlipped(sealing: Sealing, value: string): boolean {
  const sealed = sealing.seal(value);
  const at = sealed.length - 40;
  const flipped = `${sealed.slice(0, at)}${sealed[at] === 'A' ? 'B' : 'A'}${sealed.slice(at + 1)}`;
  try {
    sealing.open(flipped);
    return false;
  } catch {
    return true;
  }
}
