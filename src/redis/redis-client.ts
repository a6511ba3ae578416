import { createHash } from 'node:crypto';

/** A client of `ioredis` (single server or cluster). Typed by what is called, so that neither package is imported. */
export interface IoRedisClient {
  readonly evalsha: (...args: never[]) => unknown;
  readonly eval: (...args: never[]) => unknown;
}
/** A client of `redis`, the one also called node-redis (`createClient` or `createCluster`). */
export interface NodeRedisClient {
  readonly evalSha: (...args: never[]) => unknown;
  readonly eval: (...args: never[]) => unknown;
}
export type RedisClient = IoRedisClient | NodeRedisClient;

export interface Script {
  readonly source: string;
  readonly sha1: string;
}

export function script(source: string): Script {
  // SHA-1 is how Redis names a script; nothing rests on it.
  return Object.freeze({ source, sha1: createHash('sha1').update(source).digest('hex') });
}

/** Runs scripts on any of the clients. */
export interface Scripts {
  readonly isCluster: boolean;
  run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown>;
}

type IoEval = (text: string, count: number, ...rest: string[]) => Promise<unknown>;
type NodeEval = (text: string, given: { keys: string[]; arguments: string[] }) => Promise<unknown>;

export function scriptsOf(client: RedisClient): Scripts {
  const known = client as { readonly isCluster?: unknown; readonly masters?: unknown };
  const isCluster = known.isCluster === true || Array.isArray(known.masters);
  const [bySha, byText] = 'evalSha' in client ? nodeRedis(client) : ioRedis(client);
  return {
    isCluster,
    async run({ sha1, source }, keys, args) {
      try {
        return await bySha(sha1, keys, args);
      } catch (error) {
        // A server that was restarted, or took over, does not know the script: EVAL runs it and teaches it.
        if (!(error instanceof Error) || !/^NOSCRIPT\b/.test(error.message)) throw error;
        return byText(source, keys, args);
      }
    },
  };
}

type Run = (text: string, keys: readonly string[], args: readonly string[]) => Promise<unknown>;

function ioRedis(client: IoRedisClient): readonly [Run, Run] {
  const evalsha = client.evalsha.bind(client) as IoEval;
  const evaluate = client.eval.bind(client) as IoEval;
  return [
    (sha1, keys, args) => evalsha(sha1, keys.length, ...keys, ...args),
    (source, keys, args) => evaluate(source, keys.length, ...keys, ...args),
  ];
}

function nodeRedis(client: NodeRedisClient): readonly [Run, Run] {
  const evalSha = client.evalSha.bind(client) as NodeEval;
  const evaluate = client.eval.bind(client) as NodeEval;
  return [
    (sha1, keys, args) => evalSha(sha1, { keys: [...keys], arguments: [...args] }),
    (source, keys, args) => evaluate(source, { keys: [...keys], arguments: [...args] }),
  ];
}
