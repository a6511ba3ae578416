import type { KeyInfo } from '../keys/index.js';

/**
 * What the doctor has looked at, as plain data: checks judge it, and tests write it down. A part that was not given or
 * could not be reached is undefined.
 */
export interface Subject {
  /** What findings without a place of their own are about: the URL, or the module's path. */
  readonly name: string;
  readonly nowMs: number;
  /** Where customers reach the application: `https://shop.example`. */
  readonly origin?: string | undefined;
  /** Names of cookies that scripts are meant to read. */
  readonly scriptCookies?: readonly string[] | undefined;
  readonly tls?: TlsView | undefined;
  readonly certificate?: CertificateView | undefined;
  /** The server's own pair, from its files. */
  readonly pair?: PairView | undefined;
  readonly answers?: readonly Answer[] | undefined;
  readonly plaintext?: PlaintextView | undefined;
  readonly redirects?: RedirectView | undefined;
  readonly application?: ApplicationView | undefined;
  readonly passwords?: PasswordsView | undefined;
  readonly ring?: RingView | undefined;
  readonly files?: readonly FileView[] | undefined;
  readonly schema?: SchemaView | undefined;
  readonly clocks?: readonly ClockView[] | undefined;
  readonly logs?: LogView | undefined;
  readonly resetMail?: ResetMailView | undefined;
  readonly repository?: RepositoryView | undefined;
}

/** What a server agreed to in a series of handshakes. */
export interface TlsView {
  readonly host: string;
  /** `TLSv1`, `TLSv1.1`, `TLSv1.2`, `TLSv1.3`. */
  readonly versions: readonly string[];
  /** Suites of TLS 1.2 and older outside of Mozilla's guideline, by OpenSSL's names. */
  readonly strays: readonly string[];
  /** Whether it chose HTTP/2 when that was offered. */
  readonly http2: boolean;
}

export interface CertificateView {
  /** What Node says against the chain with the roots it was given; undefined when it is trusted. */
  readonly problem: string | undefined;
  readonly selfSigned: boolean;
  /** Says where its issuer's certificate can be fetched, as those of public authorities do. */
  readonly pointsToIssuer: boolean;
  /** How many certificates came, the root not counted. */
  readonly length: number;
  readonly coversHost: boolean;
  readonly host: string;
  readonly beginsAtMs: number;
  readonly endsAtMs: number;
  readonly keyType: string;
  /** RSA and DSA: bits of the modulus. */
  readonly keyBits: number | undefined;
  /** EC: OpenSSL's name of the curve. */
  readonly curve: string | undefined;
  readonly signedWithSha1: boolean;
  readonly fingerprint: string;
  /** Signed by an authority that was named with `--ca`, and not by a public one. */
  readonly ownAuthority: boolean;
}

export interface PairView {
  readonly place: string;
  /** The code with which `readTlsPair` refuses it. */
  readonly problem: string | undefined;
  readonly fingerprint: string | undefined;
}

/** What was asked, so that a check can tell answers apart. */
export type Asked =
  | 'page'
  | 'missing'
  | 'missing-api'
  | 'undecodable'
  | 'broken'
  | 'oversized'
  | 'expectation'
  | 'trace'
  | 'broken-json'
  | 'other-origin'
  | 'other-host'
  | 'forwarded-host'
  | 'cross-site-post';

export interface Answer {
  readonly asked: Asked;
  /** The path that was asked for, without a query. */
  readonly path: string;
  readonly status: number;
  /** Names in lower case, in their order; repeated ones repeat. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Its first 64 KiB, as Latin-1. */
  readonly body: string;
}

export interface PlaintextView {
  readonly origin: string;
  /** The address that was asked: `http://shop.example:80`. */
  readonly place: string;
  readonly page: Answer | undefined;
  readonly otherHost: Answer | undefined;
  readonly api: Answer | undefined;
  /** The same request with two credentials that nobody has. */
  readonly credentials: readonly [Answer | undefined, Answer | undefined];
  /** Sent without its body: undefined when the server waited for the body. */
  readonly post: Answer | undefined;
  /** With `X-Forwarded-Proto: https`, as a client may write it. */
  readonly forwarded: Answer | undefined;
}

export interface RedirectView {
  /** Addresses without their queries, the first asked first. */
  readonly hops: readonly RedirectHop[];
  readonly ended: 'answer' | 'loop' | 'too_many' | 'unreachable';
}
export interface RedirectHop {
  readonly url: string;
  readonly status: number;
  /** What the answer says of who handed it on: `Server: cloudflare`. */
  readonly signs: readonly string[];
}

export interface ApplicationView {
  /** Express's setting as it was given: `true`, a number, a list, a function. */
  readonly trustProxy: unknown;
  /** Names of the middlewares and routes, in their order; `<anonymous>` for those without. */
  readonly layers: readonly Layer[];
}
export interface Layer {
  readonly name: string;
  /** An error handler has four parameters. */
  readonly handlesErrors: boolean;
  /** Mounted below a path. */
  readonly path: string | undefined;
}

export interface PasswordsView {
  /** What a new hash costs. */
  readonly memoryKiB: number | undefined;
  readonly passes: number | undefined;
  /** `argon2id`, `bcrypt`, or another scheme's name. */
  readonly scheme: string;
  readonly engine:
    | { readonly name: string; readonly isolated: boolean; readonly problem?: undefined }
    | { readonly problem: string }
    | undefined;
}

export interface RingView {
  readonly place: string;
  /** The code with which ring or root key refuse. */
  readonly problem: string | undefined;
  readonly keys: readonly KeyInfo[];
  /** Processes that hold an older list than the one that is written. */
  readonly behind: number;
  /** The root key is a file in the ring's own folder. */
  readonly rootBesideRing: boolean;
}

export interface FileView {
  readonly path: string;
  readonly secret: boolean;
  /** Permission bits; undefined when it could not be looked at. */
  readonly mode: number | undefined;
  readonly folderMode: number | undefined;
}

export interface SchemaView {
  /** What `assertSchema` says, each in words of ours. */
  readonly drift: readonly string[];
  /** Our own schema: versions that are missing, or newer than this release. */
  readonly missing: readonly number[];
  readonly unknown: readonly number[];
}

export interface ClockView {
  /** `server`, `database`. */
  readonly of: string;
  readonly nowMs: number;
  /** When we asked and when the answer was there. */
  readonly askedMs: number;
  readonly answeredMs: number;
}

export interface LogView {
  /** How many lines came out of what was planted. */
  readonly lines: number;
  /** Which planted values came out again: `password in a key`, `card number in a message`. */
  readonly leaked: readonly string[];
}

export interface ResetMailView {
  readonly place: string;
  readonly text: string;
}

export interface RepositoryView {
  readonly secrets: readonly SecretPlace[];
  /** Files that git tracks and that are for secrets by their name. */
  readonly tracked: readonly string[];
  /** Such files that lie in the folder, are not tracked and are not ignored either. */
  readonly unignored: readonly string[];
}
export interface SecretPlace {
  readonly path: string;
  readonly line: number;
  /** The redactor's word: `private_key`, `api_key`, `jwt`, `credential`. */
  readonly type: string;
}
