import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { type AnyFields, type Ciphertext, createFields } from 'safekeep/fields';
import { definePolicy, type Policy } from 'safekeep/policy';
import { peer } from '../harness/peers.js';
import { newRing } from './ring.js';

/** Where a value is stored. What a library cannot bind it to, its contender leaves out. */
export interface Where {
  readonly table: string;
  readonly column: string;
  readonly row: string;
}

/** Text in, text out, as a column of a database stores it. */
export interface Sealing {
  seal(value: string, where: Where): string | Promise<string>;
  open(sealed: string, where: Where): string | Promise<string>;
  /** The stored form of an empty text with its tag cut to four bytes. */
  cutTag?(sealed: string): string;
}

export interface FieldLibrary {
  readonly name: string;
  /** A new key each time. @throws Absent where the package is not installed */
  make(): Promise<Sealing>;
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
const bytes = (stored: string): Buffer => Buffer.from(stored, 'base64url');

export const ours: FieldLibrary = {
  name: 'safekeep (fields)',
  async make() {
    const fields = createFields({ application: 'bench', keys: await newRing() });
    return {
      seal: (value, where) => fields.seal(value, where),
      open: (sealed, where) => fields.open(sealed, where).reveal() as string,
      cutTag: (sealed) => `sf1.${Buffer.from(sealed.slice(4), 'base64url').subarray(0, -12).toString('base64url')}`,
    };
  },
};

/** Suite 02, which a policy chooses for a column: 32 bytes less, and no commitment to the key. */
export const oursCompact: FieldLibrary = {
  name: 'safekeep (fields, suite 02)',
  async make() {
    const policy = definePolicy({
      application: 'bench',
      purposes: { delivery: 'contract' },
      tables: {
        customers: {
          row: 'id',
          columns: { address: { is: 'postal_address', for: ['delivery'], suite: 'xaes-256-gcm' } },
        },
      },
    });
    const fields: AnyFields = createFields({ application: 'bench', keys: await newRing(), policy: policy as Policy });
    return {
      // The column's form is text.
      seal: (value, where) => fields.seal(value, where) as Ciphertext,
      open: (sealed, where) => fields.open(sealed, where, 'delivery').reveal() as string,
    };
  },
};

/** What is written when nobody has thought about it: random nonce, AES-256-GCM, no place, no commitment, one key. */
export const naive: FieldLibrary = {
  name: 'naive AES-256-GCM',
  async make() {
    const key = randomBytes(32);
    return {
      seal(value) {
        const nonce = randomBytes(12);
        const cipher = createCipheriv('aes-256-gcm', key, nonce);
        const body = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
        return Buffer.concat([nonce, body, cipher.getAuthTag()]).toString('base64url');
      },
      open(sealed) {
        const all = Buffer.from(sealed, 'base64url');
        const decipher = createDecipheriv('aes-256-gcm', key, all.subarray(0, 12), { authTagLength: 16 });
        decipher.setAuthTag(all.subarray(-16));
        return Buffer.concat([decipher.update(all.subarray(12, -16)), decipher.final()]).toString('utf8');
      },
    };
  },
};

/** Synchronous, and fast enough to be timed with ours. */
export const peers: readonly FieldLibrary[] = [
  {
    name: 'typeorm-encrypted (gcm)',
    async make() {
      interface Transformer {
        to(value: string): string;
        from(value: string): string;
      }
      interface TypeormEncrypted {
        EncryptionTransformer: new (options: object) => Transformer;
      }
      const { EncryptionTransformer } = await peer<TypeormEncrypted>('typeorm-encrypted');
      const key = randomBytes(32).toString('hex');
      const transformer = new EncryptionTransformer({ key, algorithm: 'aes-256-gcm', ivLength: 12, authTagLength: 16 });
      return {
        seal: (value) => transformer.to(value),
        open: (sealed) => transformer.from(sealed),
        // Nonce, tag, ciphertext: of an empty text, what is cut off is the tag.
        cutTag: (sealed) => Buffer.from(sealed, 'base64').subarray(0, 16).toString('base64'),
      };
    },
  },
  {
    name: '@47ng/cloak',
    async make() {
      interface Cloak {
        generateKey(): string;
        parseKeySync(key: string): object;
        encryptStringSync(value: string, key: object): string;
        decryptStringSync(sealed: string, key: object): string;
      }
      const cloak = await peer<Cloak>('@47ng/cloak');
      const key = cloak.parseKeySync(cloak.generateKey());
      return {
        seal: (value) => cloak.encryptStringSync(value, key),
        open: (sealed) => cloak.decryptStringSync(sealed, key),
      };
    },
  },
  {
    name: 'mongoose-field-encryption (cbc)',
    async make() {
      interface MongooseFieldEncryption {
        encrypt(value: string, secret: Buffer, salt: () => Buffer): string;
        decrypt(sealed: string, secret: Buffer): string;
      }
      const { encrypt, decrypt } = await peer<MongooseFieldEncryption>('mongoose-field-encryption');
      const secret = randomBytes(32);
      const salt = () => randomBytes(16);
      return { seal: (value) => encrypt(value, secret, salt), open: (sealed) => decrypt(sealed, secret) };
    },
  },
  {
    name: 'libsodium-wrappers (XChaCha20)',
    async make() {
      interface Sodium {
        ready: Promise<void>;
        randombytes_buf(length: number): Uint8Array;
        crypto_aead_xchacha20poly1305_ietf_encrypt(...parts: (Uint8Array | string | null)[]): Uint8Array;
        crypto_aead_xchacha20poly1305_ietf_decrypt(...parts: (Uint8Array | string | null)[]): Uint8Array;
      }
      const sodium = await peer<Sodium>('libsodium-wrappers');
      await sodium.ready;
      const key = randomBytes(32);
      return {
        seal(value) {
          const nonce = randomBytes(24);
          const body = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(value, null, null, nonce, key);
          return text(Buffer.concat([nonce, body]));
        },
        open(sealed) {
          const all = bytes(sealed);
          const nonce = all.subarray(0, 24);
          const body = all.subarray(24);
          return text8(sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, body, null, nonce, key));
        },
      };
    },
  },
  {
    name: 'sodium-native (XChaCha20)',
    async make() {
      interface SodiumNative {
        crypto_aead_xchacha20poly1305_ietf_encrypt(...parts: (Buffer | null)[]): number;
        crypto_aead_xchacha20poly1305_ietf_decrypt(...parts: (Buffer | null)[]): number;
      }
      const sodium = await peer<SodiumNative>('sodium-native');
      const key = randomBytes(32);
      return {
        seal(value) {
          const message = Buffer.from(value);
          const out = Buffer.allocUnsafe(24 + message.length + 16);
          const nonce = randomBytes(24);
          out.set(nonce);
          sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(out.subarray(24), message, null, null, nonce, key);
          return text(out);
        },
        open(sealed) {
          const all = bytes(sealed);
          const message = Buffer.allocUnsafe(all.length - 40);
          const nonce = all.subarray(0, 24);
          sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(message, null, all.subarray(24), null, nonce, key);
          return message.toString('utf8');
        },
      };
    },
  },
];

/** Ten to a thousand times slower: few operations a slice. */
export const slowPeers: readonly FieldLibrary[] = [
  ...(['FIPSCrypto', 'ModernCrypto', 'BoringCrypto'] as const).map(
    (backend): FieldLibrary => ({
      name: `ciphersweet-js (${backend})`,
      async make() {
        interface Field {
          encryptValue(value: string): Promise<string>;
          decryptValue(sealed: string): Promise<Buffer>;
        }
        interface CipherSweetJs extends Record<typeof backend, new () => object> {
          StringProvider: new (key: string) => object;
          CipherSweet: new (provider: object, backend: object) => object;
          EncryptedField: new (engine: object, table: string, column: string) => Field;
        }
        const sweet = await peer<CipherSweetJs>('ciphersweet-js');
        const provider = new sweet.StringProvider(randomBytes(32).toString('hex'));
        const engine = new sweet.CipherSweet(provider, new sweet[backend]());
        const columns = new Map<string, Field>();
        const fieldOf = ({ table, column }: Where): Field => {
          const known = columns.get(`${table}.${column}`) ?? new sweet.EncryptedField(engine, table, column);
          columns.set(`${table}.${column}`, known);
          return known;
        };
        return {
          seal: (value, where) => fieldOf(where).encryptValue(value),
          open: async (sealed, where) => text8(await fieldOf(where).decryptValue(sealed)),
        };
      },
    }),
  ),
  {
    name: 'jose (JWE dir, A256GCM)',
    async make() {
      interface Encrypting {
        setProtectedHeader(header: object): Encrypting;
        encrypt(key: Uint8Array): Promise<string>;
      }
      interface Jose {
        CompactEncrypt: new (value: Uint8Array) => Encrypting;
        compactDecrypt(sealed: string, key: Uint8Array): Promise<{ plaintext: Uint8Array }>;
      }
      const { CompactEncrypt, compactDecrypt } = await peer<Jose>('jose');
      const key = randomBytes(32);
      const header = { alg: 'dir', enc: 'A256GCM' };
      return {
        seal: (value) => new CompactEncrypt(Buffer.from(value)).setProtectedHeader(header).encrypt(key),
        open: async (sealed) => text8((await compactDecrypt(sealed, key)).plaintext),
      };
    },
  },
  {
    name: '@hapi/iron',
    async make() {
      interface Iron {
        seal(value: string, password: string, options: object): Promise<string>;
        unseal(sealed: string, password: string, options: object): Promise<string>;
        defaults: object;
      }
      const iron = await peer<Iron>('@hapi/iron');
      const password = randomBytes(24).toString('base64url');
      return {
        seal: (value) => iron.seal(value, password, iron.defaults),
        open: (sealed) => iron.unseal(sealed, password, iron.defaults),
      };
    },
  },
  {
    name: 'miscreant (AES-SIV)',
    async make() {
      interface Aead {
        seal(value: Uint8Array, nonce: Uint8Array): Promise<Uint8Array>;
        open(sealed: Uint8Array, nonce: Uint8Array): Promise<Uint8Array>;
      }
      interface Miscreant {
        AEAD: { importKey(key: Uint8Array, algorithm: string, provider: object): Promise<Aead> };
        PolyfillCryptoProvider: new () => object;
      }
      const { AEAD, PolyfillCryptoProvider } = await peer<Miscreant>('miscreant');
      const aead = await AEAD.importKey(randomBytes(64), 'AES-SIV', new PolyfillCryptoProvider());
      return {
        async seal(value) {
          const nonce = randomBytes(16);
          return text(Buffer.concat([nonce, await aead.seal(own(Buffer.from(value)), own(nonce))]));
        },
        open: async (sealed) =>
          text8(await aead.open(own(bytes(sealed).subarray(16)), own(bytes(sealed).subarray(0, 16)))),
      };
    },
  },
  {
    // Without a database: what its Prisma extension calls around each query, over a model of one encrypted field.
    name: 'prisma-field-encryption',
    async make() {
      interface Params {
        readonly args: { readonly data: { readonly address: string } };
      }
      interface PrismaFieldEncryption {
        configureKeys(config: { readonly encryptionKey: string }): object;
        encryptOnWrite(params: object, keys: object, models: object, operation: string): Params;
        decryptOnRead(params: object, result: object, keys: object, models: object, operation: string): void;
      }
      const { generateKey } = await peer<{ generateKey(): string }>('@47ng/cloak');
      const prisma = await peer<PrismaFieldEncryption>('prisma-field-encryption/dist/encryption.js');
      const keys = prisma.configureKeys({ encryptionKey: generateKey() });
      const address = { encrypt: true, strictDecryption: false };
      const models = { Customer: { cursor: 'id', fields: { address }, connections: {} } };
      const params = { model: 'Customer', action: 'create', args: {} };
      return {
        seal: (value) =>
          prisma.encryptOnWrite({ ...params, args: { data: { address: value } } }, keys, models, 'Customer.create').args
            .data.address,
        open(sealed) {
          const result = { address: sealed };
          prisma.decryptOnRead(params, result, keys, models, 'Customer.create');
          return result.address;
        },
      };
    },
  },
  {
    // As its documentation decrypts: the context that comes back is not compared by the library.
    name: '@aws-crypto/client-node (raw AES keyring)',
    async make() {
      interface Client {
        encrypt(keyring: object, value: string, options: object): Promise<{ readonly result: Buffer }>;
        decrypt(keyring: object, sealed: Buffer): Promise<{ readonly plaintext: Buffer }>;
      }
      interface AwsCrypto {
        buildClient(policy: string): Client;
        CommitmentPolicy: { readonly REQUIRE_ENCRYPT_REQUIRE_DECRYPT: string };
        RawAesKeyringNode: new (options: object) => object;
        RawAesWrappingSuiteIdentifier: { readonly AES256_GCM_IV12_TAG16_NO_PADDING: number };
      }
      const aws = await peer<AwsCrypto>('@aws-crypto/client-node');
      const { encrypt, decrypt } = aws.buildClient(aws.CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);
      const keyring = new aws.RawAesKeyringNode({
        keyName: 'bench',
        keyNamespace: 'larkspur-lane',
        unencryptedMasterKey: own(randomBytes(32)),
        wrappingSuite: aws.RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
      });
      return {
        async seal(value, { table, column, row }) {
          return text((await encrypt(keyring, value, { encryptionContext: { table, column, row } })).result);
        },
        open: async (sealed) => text8((await decrypt(keyring, bytes(sealed))).plaintext),
      };
    },
  },
];

/** Those that derive a key from a password with every call, and are a thousand times slower for it. */
export const derivingPeers: readonly FieldLibrary[] = [
  {
    name: 'cryptr',
    async make() {
      interface Crypting {
        encrypt(value: string): string;
        decrypt(sealed: string): string;
      }
      const { default: Cryptr } = await peer<{ default: new (secret: string) => Crypting }>('cryptr');
      const cryptr = new Cryptr(randomBytes(24).toString('base64url'));
      return { seal: (value) => cryptr.encrypt(value), open: (sealed) => cryptr.decrypt(sealed) };
    },
  },
];

function text8(of: Uint8Array): string {
  return Buffer.from(of.buffer, of.byteOffset, of.length).toString('utf8');
}

/** Bytes in memory of their own: some packages read a view from the beginning of what it is a view of. */
function own(view: Uint8Array): Uint8Array {
  return Uint8Array.from(view);
}
