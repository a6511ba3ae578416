import { pae, utf8 } from '../base/bytes.js';
import { systemRandom } from '../base/clock.js';
import { SafekeepError } from '../base/errors.js';
import { nameOf, type Statement, say } from '../base/names.js';
import { anyRule, readOptions, required, textRule } from '../base/options.js';
import { loadPeer } from '../base/peer.js';
import type { KeySource } from '../base/ports/key-source.js';

export interface Pkcs11RootKeyOptions {
  /** The vendor's PKCS#11 library, e.g. `/usr/lib/softhsm/libsofthsm2.so`. It is loaded into this process: trust it. */
  readonly module: string;
  /** The label of the token. */
  readonly token: string;
  /** The label of an AES-256 key on it that may encrypt and decrypt and cannot be extracted. */
  readonly key: string;
  /** The PIN of the token's user, or a function that asks for it. A PIN that was refused is not tried again. */
  readonly pin: string | (() => string | Promise<string>);
}

const owner = 'pkcs11RootKey';
const kind = nameOf('pkcs11');
const nonceBytes = 12;
const tagBytes = 16;
const shape = {
  module: required(textRule()),
  token: required(textRule({ maxLength: 32 })),
  key: required(textRule({ maxLength: 255 })),
  pin: required(anyRule<Pkcs11RootKeyOptions['pin']>()),
};
/** CKR_*: what says that the token is away, not that the key is wrong. */
const away = [0x3, 0x30, 0x31, 0x32, 0xb0, 0xb1, 0xb3, 0xe0, 0xe1, 0x190];
/** CKR_PIN_INCORRECT, _INVALID, _LEN_RANGE, _EXPIRED, _LOCKED. */
const pinRefused = [0xa0, 0xa1, 0xa2, 0xa3, 0xa4];
const alreadyInitialised = 0x191;
const alreadyLoggedIn = 0x100;

type Pkcs11js = typeof import('pkcs11js')['default'];
interface Library {
  readonly names: Pkcs11js;
  readonly token: InstanceType<Pkcs11js['PKCS11']>;
}

/**
 * The root key inside an HSM, a smart card or a TPM with a PKCS#11 library: it never leaves the device, which encrypts
 * the ring's keys with AES-GCM and their context as associated data. A key that could be extracted is refused. The
 * optional peer `pkcs11js` is a native module.
 *
 * It protects a stolen disk and a stolen backup. It does NOT protect against whoever takes over the running server,
 * whose PIN opens the token; and it does not back itself up: `safekeep keys backup` seals the ring under a second key.
 * @throws SafekeepError ERR_PEER_MISSING; ERR_ROOT_KEY (no such key, another key or context, damaged bytes, a key that
 * can be extracted), ERR_ROOT_KEY_REFUSED (PIN), ERR_ROOT_KEY_UNAVAILABLE (library or token away). ASVS 5.0 13.3.1.
 * @example
 * const root = pkcs11RootKey({ module: '/usr/lib/softhsm/libsofthsm2.so', token: 'shop', key: 'ring', pin: readPin });
 * const keys = await openKeyRing({ root, path: 'keys.json' });
 */
export function pkcs11RootKey(options: Pkcs11RootKeyOptions): KeySource {
  const read = readOptions(owner, shape, options);
  const { module, token, key, pin } = read;
  if (typeof pin !== 'function' && !isPin(pin)) {
    const expected = say`a PIN, or a function that returns one`;
    throw new SafekeepError('ERR_OPTION_INVALID', { of: nameOf(owner), option: nameOf('pin'), expected });
  }
  let library: Promise<Library> | undefined;
  let refusedPin: string | undefined;

  async function load(): Promise<Library> {
    const { default: names } = await loadPeer('pkcs11js', () => import('pkcs11js'));
    const loaded = new names.PKCS11();
    try {
      loaded.load(module);
    } catch {
      throw unavailable(say`the library does not load`);
    }
    try {
      loaded.C_Initialize();
    } catch (error) {
      // Another part of this process has: once for all.
      if (resultOf(error) !== alreadyInitialised) throw unavailable(say`the library does not start`, error);
    }
    return { names, token: loaded };
  }
  async function askPin(): Promise<string> {
    const given = typeof pin === 'function' ? await pin() : pin;
    if (!isPin(given)) throw refused(say`there is no PIN`);
    // Tokens lock themselves after a few wrong ones, and a ring asks its root key again and again.
    if (given === refusedPin) throw refused(say`the token refused this PIN before and is not asked again`);
    return given;
  }
  /** Everything from the session's begin to its end happens at once: no other use of the token comes between. */
  async function withKey<T>(use: (library: Library, session: Buffer, handle: Buffer) => T): Promise<T> {
    library ??= load();
    const loaded = await library.catch((error: unknown) => {
      library = undefined;
      throw error;
    });
    const given = await askPin();
    const { names, token: device } = loaded;
    let session: Buffer | undefined;
    let isReached = false;
    try {
      session = device.C_OpenSession(slotOf(loaded, token), names.CKF_SERIAL_SESSION);
      logIn(loaded, session, given);
      const handle = keyOf(loaded, session, key);
      isReached = true;
      return use(loaded, session, handle);
    } catch (error) {
      if (error instanceof SafekeepError) throw error;
      const result = resultOf(error);
      if (pinRefused.includes(result)) {
        refusedPin = given;
        throw refused(say`the token refuses the PIN`, error);
      }
      if (!isReached || away.includes(result)) throw unavailable(say`the token does not answer`, error);
      // Devices call a tag that differs by many names, CKR_GENERAL_ERROR among them.
      throw new SafekeepError('ERR_ROOT_KEY', { root: kind, result });
    } finally {
      if (session !== undefined) closeQuietly(loaded, session);
    }
  }
  const mechanism = (names: Pkcs11js, iv: Buffer, context: Uint8Array) => ({
    mechanism: names.CKM_AES_GCM,
    parameter: {
      type: names.CK_PARAMS_AES_GCM,
      iv,
      ivBits: 8 * nonceBytes,
      aad: pae([utf8('sf1/wrap'), context]),
      tagBits: 8 * tagBytes,
    },
  });
  return Object.freeze({
    kind,
    wrap: (material: Uint8Array, context: Uint8Array) =>
      withKey(({ names, token: device }, session, handle) => {
        // A ring has few keys: 96 random bits never repeat among them.
        const iv = systemRandom.bytes(nonceBytes);
        device.C_EncryptInit(session, mechanism(names, iv, context), handle);
        const sealed = device.C_Encrypt(session, Buffer.from(material), Buffer.alloc(material.length + tagBytes));
        return Buffer.concat([iv, sealed]);
      }),
    unwrap: (wrapped: Uint8Array, context: Uint8Array) =>
      withKey(({ names, token: device }, session, handle) => {
        const bytes = Buffer.from(wrapped);
        if (bytes.length <= nonceBytes + tagBytes) throw new SafekeepError('ERR_ROOT_KEY', { root: kind });
        device.C_DecryptInit(session, mechanism(names, bytes.subarray(0, nonceBytes), context), handle);
        return device.C_Decrypt(session, bytes.subarray(nonceBytes), Buffer.alloc(bytes.length));
      }),
  });
}

function slotOf({ token: device }: Library, label: string): Buffer {
  // Labels are padded with blanks to 32 characters.
  const slot = device.C_GetSlotList(true).find((each) => device.C_GetTokenInfo(each).label.trimEnd() === label);
  if (slot === undefined) throw unavailable(say`there is no token with this label`);
  return slot;
}

function logIn({ names, token: device }: Library, session: Buffer, pin: string): void {
  try {
    device.C_Login(session, names.CKU_USER, pin);
  } catch (error) {
    if (resultOf(error) !== alreadyLoggedIn) throw error;
  }
}

function keyOf({ names, token: device }: Library, session: Buffer, label: string): Buffer {
  device.C_FindObjectsInit(session, [
    { type: names.CKA_CLASS, value: names.CKO_SECRET_KEY },
    { type: names.CKA_KEY_TYPE, value: names.CKK_AES },
    { type: names.CKA_LABEL, value: label },
  ]);
  const [handle, second] = device.C_FindObjects(session, 2);
  device.C_FindObjectsFinal(session);
  const wrong = (problem: Statement) => new SafekeepError('ERR_ROOT_KEY', { root: kind, problem });
  if (handle === undefined) throw wrong(say`the token has no AES key with this label`);
  if (second !== undefined) throw wrong(say`the token has two AES keys with this label`);
  const [extractable] = device.C_GetAttributeValue(session, handle, [{ type: names.CKA_EXTRACTABLE }]);
  if (extractable?.value[0] !== 0) throw wrong(say`the key can be extracted from the token`);
  return handle;
}

function closeQuietly({ token: device }: Library, session: Buffer): void {
  try {
    device.C_CloseSession(session);
  } catch {
    // The token went away with it.
  }
}

function resultOf(error: unknown): number {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'number' ? code : 0;
}

function isPin(pin: unknown): pin is string {
  return typeof pin === 'string' && pin.length > 0 && pin.length <= 255;
}

function refused(problem: Statement, error?: unknown): SafekeepError {
  return new SafekeepError('ERR_ROOT_KEY_REFUSED', { root: kind, problem, ...resultFact(error) });
}

function unavailable(problem: Statement, error?: unknown): SafekeepError {
  return new SafekeepError('ERR_ROOT_KEY_UNAVAILABLE', { root: kind, problem, ...resultFact(error) });
}

function resultFact(error: unknown): { readonly result?: number } {
  return error === undefined ? {} : { result: resultOf(error) };
}
