import { hash } from 'node:crypto';

/** A computation in many small rounds, that can pause between two of them. */
export interface Rounds {
  /** Runs so many more rounds. @returns the digest once all are done */
  run(count: number): Buffer | undefined;
}

/** What is computed; plain data, so that it can go to a worker thread. */
export interface RoundsJob {
  readonly kind: 'md5-crypt' | 'apr1' | 'sha256-crypt' | 'sha512-crypt' | 'phpass';
  readonly password: Uint8Array;
  readonly salt: Uint8Array;
  readonly rounds: number;
}

export function startRounds(job: RoundsJob): Rounds {
  if (job.kind === 'phpass') return phpass(job);
  return job.kind === 'md5-crypt' || job.kind === 'apr1' ? md5Crypt(job) : shaCrypt(job);
}

/** `times` rounds, each making the next digest of the last. */
function counted(first: Buffer, times: number, round: (digest: Buffer, index: number) => Buffer): Rounds {
  let [digest, index] = [first, 0];
  return {
    run(count) {
      for (const end = Math.min(times, index + count); index < end; index += 1) digest = round(digest, index);
      return index < times ? undefined : digest;
    },
  };
}

/** phpass portable: MD5 of salt and password, then of the last digest and the password. */
function phpass({ password, salt, rounds }: RoundsJob): Rounds {
  const input = Buffer.concat([Buffer.alloc(16), password]);
  return counted(md5(salt, password), rounds, (digest) => {
    input.set(digest);
    return hash('md5', input, 'buffer');
  });
}

/** Poul-Henning Kamp's crypt of FreeBSD, 1994; Apache's `apr1` differs in its name only. */
function md5Crypt({ kind, password, salt, rounds }: RoundsJob): Rounds {
  const magic = Buffer.from(kind === 'apr1' ? '$apr1$' : '$1$');
  const inner = repeated(md5(password, salt, password), password.length);
  const bits: Buffer[] = [];
  // For every bit of the length a zero or, oddly, the first byte of the password.
  for (let length = password.length; length > 0; length >>= 1) {
    bits.push(Buffer.from(length & 1 ? [0] : password.subarray(0, 1)));
  }
  const first = md5(password, magic, salt, inner, ...bits);
  return counted(first, rounds, mixed('md5', password, salt));
}

/** Ulrich Drepper's "Unix crypt using SHA-256 and SHA-512", by its numbered steps. */
function shaCrypt({ kind, password, salt, rounds }: RoundsJob): Rounds {
  const name = kind === 'sha256-crypt' ? 'sha256' : 'sha512';
  const digestOf = (...parts: readonly Uint8Array[]): Buffer => hash(name, Buffer.concat(parts), 'buffer');
  // Steps 4 to 8.
  const b = digestOf(password, salt, password);
  // Steps 9 to 12.
  const bits: Uint8Array[] = [];
  for (let length = password.length; length > 0; length >>= 1) bits.push(length & 1 ? b : password);
  const a = digestOf(password, salt, repeated(b, password.length), ...bits);
  // Steps 13 to 16: the password as many times as it has bytes, and as much of the digest as it has.
  const p = repeated(digestOf(...Array.from({ length: password.length }, () => password)), password.length);
  // Steps 17 to 20.
  const s = repeated(digestOf(...Array.from({ length: 16 + (a[0] ?? 0) }, () => salt)), salt.length);
  return counted(a, rounds, mixed(name, p, s));
}

/** Step 21, and the same in md5-crypt: which parts a round takes depends on its number modulo 2, 3 and 7. */
function mixed(name: string, password: Uint8Array, salt: Uint8Array): (digest: Buffer, index: number) => Buffer {
  const room = Buffer.alloc(2 * password.length + salt.length + 64);
  return (digest, index) => {
    const isOdd = index % 2 === 1;
    let end = 0;
    const add = (part: Uint8Array): void => {
      room.set(part, end);
      end += part.length;
    };
    add(isOdd ? password : digest);
    if (index % 3 !== 0) add(salt);
    if (index % 7 !== 0) add(password);
    add(isOdd ? digest : password);
    return hash(name, room.subarray(0, end), 'buffer');
  };
}

function md5(...parts: readonly Uint8Array[]): Buffer {
  return hash('md5', Buffer.concat(parts), 'buffer');
}

/** The bytes over and over, up to a length. */
function repeated(bytes: Buffer, length: number): Buffer {
  return length === 0 ? Buffer.alloc(0) : Buffer.alloc(length, bytes);
}
