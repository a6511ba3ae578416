import { Transform } from 'node:stream';
import {
  type ChunkedMessage,
  chunkBytes,
  createChunkedMessage,
  saltBytes,
  sealedChunkBytes,
  streamCommitmentBytes,
} from '../aead/index.js';
import { equalBytes } from '../base/bytes.js';
import type { Random } from '../base/clock.js';
import { SafekeepError } from '../base/errors.js';
import type { KeyRing } from '../keys/index.js';
import { createBlocks } from './blocks.js';
import { createColumnKeys } from './column-keys.js';
import { assertPlace, type Place, placeNames } from './place.js';
import { suites } from './suites.js';
import { headerBytes, magicByte } from './text-form.js';

const suite = suites.stream;
const preludeBytes = headerBytes + saltBytes + streamCommitmentBytes;

export interface Streams {
  seal(place: Place): Transform;
  open(place: Place): Transform;
  /** Destroys every stream that is under way, and forgets every key. */
  drop(): void;
}

/** Suite 21: the header and a Cobblestone-256 message, whose context is what elsewhere is the associated data. */
export function createStreams(parts: {
  readonly application: string;
  readonly keys: KeyRing;
  readonly random: Random;
}): Streams {
  const { application, keys, random } = parts;
  const columnKeys = createColumnKeys(suite, application, (derive) => {
    const inputKey = derive('sf1/enc');
    return { inputKey, close: () => inputKey.fill(0) };
  });
  const underWay = new Set<Transform>();

  /** A transform over blocks of one size; `last` gets what is left behind the last whole one. */
  function transform(blockBytes: number, work: Work): Transform {
    const blocks = createBlocks(blockBytes);
    const stream = new Transform({
      highWaterMark: 4 * chunkBytes,
      transform(chunk: Buffer, _encoding, done) {
        underWay.add(stream);
        settle(done, () => {
          const rest = work.start(chunk, stream);
          if (rest !== null) blocks.push(rest, (block) => work.block(block, stream));
        });
      },
      flush(done) {
        settle(done, () => {
          work.end(blocks.rest(), stream);
        });
      },
      destroy(error, done) {
        underWay.delete(stream);
        blocks.wipe();
        work.close();
        done(error);
      },
    });
    return stream;
  }
  function sealing(place: Place): Work {
    let message: ChunkedMessage | undefined;
    const started = (stream: Transform): ChunkedMessage => {
      if (message !== undefined) return message;
      const column = columnKeys.of(keys.active('fields'), place);
      const salt = random.bytes(saltBytes);
      message = createChunkedMessage(column.key.inputKey, salt, column.aad(place));
      stream.push(Buffer.concat([column.header, salt, message.commitment]));
      return message;
    };
    const push = (block: Buffer, stream: Transform) => {
      for (const part of started(stream).seal(block)) stream.push(part);
    };
    return {
      start: (chunk) => chunk,
      block: push,
      end: push,
      close: () => message?.close(),
    };
  }
  function opening(place: Place): Work {
    const prelude = createBlocks(preludeBytes);
    let message: ChunkedMessage | undefined;
    const begin = (head: Buffer): ChunkedMessage => {
      if (head[0] !== magicByte) throw new SafekeepError('ERR_NOT_SEALED', placeNames(place));
      const keyId = head.readUInt32BE(2);
      if (head[1] !== suite) throw new SafekeepError('ERR_SEAL_KEY', { ...placeNames(place), keyId, suite: head[1] });
      const ringKey = keys.find(keyId);
      if (ringKey === undefined || ringKey.purpose !== 'fields')
        throw new SafekeepError('ERR_KEY_UNKNOWN', { ...placeNames(place), keyId });
      const column = columnKeys.of(ringKey, place);
      const salt = head.subarray(headerBytes, headerBytes + saltBytes);
      const found = createChunkedMessage(column.key.inputKey, salt, column.aad(place));
      if (equalBytes(found.commitment, head.subarray(headerBytes + saltBytes))) return found;
      found.close();
      throw new SafekeepError('ERR_SEAL_KEY', { ...placeNames(place), keyId });
    };
    const push = (block: Buffer, stream: Transform) => {
      const chunk = message?.open(block) ?? null;
      if (chunk === null) throw new SafekeepError('ERR_SEAL_BROKEN', placeNames(place));
      stream.push(chunk);
    };
    return {
      start(chunk) {
        if (message !== undefined) return chunk;
        const missing = preludeBytes - prelude.rest().length;
        prelude.push(chunk.subarray(0, missing), (head) => {
          message = begin(head);
        });
        return message === undefined ? null : chunk.subarray(missing);
      },
      block: push,
      end(rest, stream) {
        if (message === undefined) throw new SafekeepError('ERR_NOT_SEALED', placeNames(place));
        push(rest, stream);
      },
      close: () => message?.close(),
    };
  }
  return {
    seal(place) {
      assertPlace(place);
      return transform(chunkBytes, sealing({ ...place }));
    },
    open(place) {
      assertPlace(place);
      return transform(sealedChunkBytes, opening({ ...place }));
    },
    drop() {
      for (const stream of underWay) stream.destroy(new SafekeepError('ERR_KEY_RING_CLOSED'));
      columnKeys.drop();
    },
  };
}

/** What happens to the blocks between the two ends of a stream. */
interface Work {
  /** What of a chunk is to be cut into blocks; null when nothing is yet. */
  start(chunk: Buffer, stream: Transform): Buffer | null;
  block(block: Buffer, stream: Transform): void;
  end(rest: Buffer, stream: Transform): void;
  close(): void;
}

function settle(done: (error?: Error) => void, act: () => void): void {
  try {
    act();
  } catch (error) {
    done(error as Error);
    return;
  }
  done();
}
