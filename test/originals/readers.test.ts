import { describe, expect, it } from 'vitest';
import {
  type CipherSweetOptions,
  cipherSweetReader,
  cloakReader,
  type MongooseFieldEncryptionOptions,
  mongooseFieldEncryptionReader,
  type TypeormEncryptedOptions,
  typeormEncryptedReader,
} from '../../src/foreign/index.js';
import { changesOf, outcomeOf, place, refusals } from '../foreign/tampering.js';
import { original, present } from './originals.js';

const text = 'Zoë, 3 rue de l’Été';
const reason = 'the dump was taken before anybody could write to it';

describe.skipIf(!present)('typeormEncryptedReader, on what typeorm-encrypted encrypted', () => {
  type Transformer = new (options: object) => { to(value: unknown): string & { encrypted: string } };
  const library = () =>
    original<{ EncryptionTransformer: Transformer; JSONEncryptionTransformer: Transformer }>('typeorm-encrypted');
  const key = '07'.repeat(32);
  const made = (algorithm: string, ivLength: number, value: string = text, hex = key) =>
    new (library().EncryptionTransformer)({ key: hex, algorithm, ivLength }).to(value);

  it.each([
    ['aes-256-gcm', 12, key],
    ['aes-256-gcm', 16, key],
    ['aes-128-gcm', 12, key.slice(32)],
    ['aes-192-gcm', 12, key.slice(16)],
    ['aes-256-cbc', 16, key],
    ['aes-128-cbc', 16, key.slice(32)],
  ] as const)('reads %s with an IV of %d bytes', (algorithm, ivLength, hex) => {
    const options: TypeormEncryptedOptions = { key: hex, algorithm, ivLength, dangerouslyReadUnauthenticated: reason };
    const reader = typeormEncryptedReader(options);
    expect(reader.read(made(algorithm, ivLength, text, hex), place)).toBe(text);
    expect(reader.read(made(algorithm, ivLength, '', hex), place)).toBe('');
    expect(
      typeormEncryptedReader({ ...options, as: 'bytes' }).read(made(algorithm, ivLength, text, hex), place),
    ).toEqual(Buffer.from(text));
  });

  it('reads what the JSON transformer wrote, as its text', () => {
    const options = { key, algorithm: 'aes-256-gcm', ivLength: 12 } as const;
    const stored = new (library().JSONEncryptionTransformer)(options).to({ likes: ['tea'] });
    expect(typeormEncryptedReader(options).read(JSON.stringify(stored), place)).toBe('{"likes":["tea"]}');
  });

  it('refuses every change of an authentic value', async () => {
    const reader = typeormEncryptedReader({ key, algorithm: 'aes-256-gcm', ivLength: 12 });
    const codes = await refusals(reader, changesOf(made('aes-256-gcm', 12)));
    expect([...codes].sort()).toEqual(['ERR_FOREIGN_BROKEN', 'ERR_FOREIGN_FORMAT']);
  });

  it('refuses a short tag, which the library takes', async () => {
    const reader = typeormEncryptedReader({ key, algorithm: 'aes-256-gcm', ivLength: 12 });
    const bytes = Buffer.from(made('aes-256-gcm', 12), 'base64');
    const short = Buffer.concat([bytes.subarray(0, 16), bytes.subarray(28)]).toString('base64');
    expect(await outcomeOf(reader, short)).toMatchObject({ code: 'ERR_FOREIGN_BROKEN' });
  });

  it('cannot see a changed IV of CBC, and is not made without a reason', () => {
    const options = { key, algorithm: 'aes-256-cbc' } as const;
    expect(() => typeormEncryptedReader(options)).toThrow(
      expect.objectContaining({
        code: 'ERR_OPTION_INVALID',
        facts: expect.objectContaining({ option: 'dangerouslyReadUnauthenticated' }) as object,
      }),
    );
    const bytes = Buffer.from(made('aes-256-cbc', 16, 'amount 0000100'), 'base64');
    bytes[7] = (bytes[7] as number) ^ 0x09;
    const reader = typeormEncryptedReader({ ...options, dangerouslyReadUnauthenticated: reason });
    expect(reader.read(bytes.toString('base64'), place)).toBe('amount 9000100');
  });

  it('refuses what is no padding, no text, and no value', async () => {
    const reader = typeormEncryptedReader({ key, algorithm: 'aes-256-cbc', dangerouslyReadUnauthenticated: reason });
    const bytes = Buffer.from(made('aes-256-cbc', 16, 'Ada'), 'base64');
    const padding = Buffer.from(bytes);
    padding[15] = (padding[15] as number) ^ 0x01;
    expect(await outcomeOf(reader, padding.toString('base64'))).toMatchObject({ code: 'ERR_FOREIGN_BROKEN' });
    const noText = Buffer.from(bytes);
    noText[0] = (noText[0] as number) ^ 0x80;
    expect(await outcomeOf(reader, noText.toString('base64'))).toMatchObject({ code: 'ERR_FOREIGN_VALUE' });
    for (const stored of ['', 'Ada', '{"encrypted":1}', '{"encrypted":"AAAA","x":1}', '{']) {
      expect(await outcomeOf(reader, stored)).toMatchObject({ code: 'ERR_FOREIGN_FORMAT' });
    }
  });
});

describe('typeormEncryptedReader', () => {
  it.each([
    {},
    { key: '07'.repeat(16), algorithm: 'aes-256-gcm' },
    { key: '07'.repeat(32), algorithm: 'aes-256-ctr' },
    { key: '07'.repeat(32), algorithm: 'aes-256-gcm', authTagLength: 4 },
    { key: '07'.repeat(32), algorithm: 'aes-256-cbc', ivLength: 12, dangerouslyReadUnauthenticated: reason },
  ])('refuses %j', (options) => {
    expect(() => typeormEncryptedReader(options as TypeormEncryptedOptions)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^ERR_OPTION_/) as string }),
    );
  });
});

describe.skipIf(!present)('cloakReader, on what @47ng/cloak and prisma-field-encryption encrypted', () => {
  interface Cloak {
    generateKey(): string;
    encryptStringSync(text: string, key: string): string;
  }
  interface Prisma {
    configureKeys(o: object): object;
    encryptOnWrite(
      params: object,
      keys: object,
      models: object,
      operation: string,
    ): { args: { data: { name: string } } };
  }
  const cloak = () => original<Cloak>('@47ng/cloak');

  it('reads strings under every key it was given', () => {
    const keys = [cloak().generateKey(), cloak().generateKey()];
    const reader = cloakReader({ keys });
    for (const key of keys) {
      expect(reader.read(cloak().encryptStringSync(text, key), place)).toBe(text);
      expect(reader.read(cloak().encryptStringSync('', key), place)).toBe('');
    }
  });

  it('reads what prisma-field-encryption writes', () => {
    const { configureKeys, encryptOnWrite } = original<Prisma>('prisma-field-encryption/dist/encryption.js');
    const key = cloak().generateKey();
    const field = { encrypt: true, strictDecryption: false, readonly: false };
    const models = { User: { cursor: 'id', fields: { name: field }, connections: {} } };
    const params = { model: 'User', action: 'create', args: { data: { name: text } } };
    const written = encryptOnWrite(params, configureKeys({ encryptionKey: key }), models, 'User.create');
    expect(written.args.data.name).toMatch(/^v1\.aesgcm256\./);
    expect(cloakReader({ keys: [key] }).read(written.args.data.name, place)).toBe(text);
  });

  it('refuses every change, another key and plaintext', async () => {
    const key = cloak().generateKey();
    const stored = cloak().encryptStringSync(text, key);
    const codes = await refusals(cloakReader({ keys: [key] }), changesOf(stored));
    expect([...codes].sort()).toEqual(['ERR_FOREIGN_BROKEN', 'ERR_FOREIGN_FORMAT', 'ERR_FOREIGN_KEY']);
    const other = cloakReader({ keys: [cloak().generateKey()] });
    expect(await outcomeOf(other, stored)).toMatchObject({ code: 'ERR_FOREIGN_KEY' });
    expect(await outcomeOf(other, text)).toMatchObject({ code: 'ERR_FOREIGN_FORMAT' });
    const short = stored.replace(/[^.]+$/, 'AAAA');
    expect(await outcomeOf(cloakReader({ keys: [key] }), short)).toMatchObject({ code: 'ERR_FOREIGN_FORMAT' });
  });
});

describe('cloakReader', () => {
  it.each([{}, { keys: ['k1.aesgcm256.short'] }, { keys: [`k2.aesgcm256.${'A'.repeat(43)}=`] }])(
    'refuses %j',
    (options) => {
      expect(() => cloakReader(options as { keys: string[] })).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^ERR_OPTION_/) as string }),
      );
    },
  );
});

describe.skipIf(!present)('mongooseFieldEncryptionReader, on what mongoose-field-encryption encrypted', () => {
  interface Schema {
    methods: { encryptFieldsSync?: (this: object) => void };
  }
  const encrypted = (document: Record<string, unknown>) => {
    const schema: Schema & object = { methods: {}, add: () => {}, post: () => {}, pre: () => {} } as never;
    const { fieldEncryption } = original<{ fieldEncryption(schema: object, o: object): void }>(
      'mongoose-field-encryption',
    );
    fieldEncryption(schema, { fields: Object.keys(document), secret: 'a secret of the shop' });
    schema.methods.encryptFieldsSync?.call(document);
    return document;
  };
  const options = { secret: 'a secret of the shop', dangerouslyReadUnauthenticated: reason };

  it('reads strings, and other values as JSON', () => {
    const document = encrypted({ name: text, empty: '', likes: ['tea', null] });
    const reader = mongooseFieldEncryptionReader(options);
    expect(reader.read(document['name'] as string, place)).toBe(text);
    expect(reader.read(document['empty'] as string, place)).toBe('');
    expect(reader.read(document['__enc_likes_d'] as string, place)).toBe('["tea",null]');
  });

  it('cannot see a changed IV, refuses what is no padding, no text or no value', async () => {
    const reader = mongooseFieldEncryptionReader(options);
    const stored = encrypted({ amount: 'amount 0000100' })['amount'] as string;
    const changed = (at: number, bits: number) => {
      const iv = Buffer.from(stored.slice(0, 32), 'hex');
      iv[at] = (iv[at] as number) ^ bits;
      return iv.toString('hex') + stored.slice(32);
    };
    expect(reader.read(changed(7, 0x09), place)).toBe('amount 9000100');
    expect(await outcomeOf(reader, changed(15, 0x01))).toMatchObject({ code: 'ERR_FOREIGN_BROKEN' });
    expect(await outcomeOf(reader, changed(0, 0x80))).toMatchObject({ code: 'ERR_FOREIGN_VALUE' });
    const others = ['', 'Ada', ':', `${stored}:00`, stored.slice(2), stored.toUpperCase(), 'abcd'];
    for (const other of others) expect(await outcomeOf(reader, other)).toMatchObject({ code: 'ERR_FOREIGN_FORMAT' });
  });
});

describe('mongooseFieldEncryptionReader', () => {
  it('reads what old versions wrote, only where it is told to', async () => {
    // Made by encryptAes256Ctr of mongoose-field-encryption 7.0.1 on Node 20; later Node cannot.
    const stored = 'eae465b9fa6beb228ebc988b4a566eed393f2b6c';
    const options = { secret: 'an old secret', dangerouslyReadUnauthenticated: reason };
    expect(mongooseFieldEncryptionReader({ ...options, oldCtr: true }).read(stored, place)).toBe(
      'Ada Lovelace, gate 7',
    );
    const outcome = await outcomeOf(mongooseFieldEncryptionReader(options), stored);
    expect(outcome).toMatchObject({ code: 'ERR_FOREIGN_FORMAT' });
  });

  it.each([
    { secret: 'x' },
    { dangerouslyReadUnauthenticated: reason },
    { secret: 'x', dangerouslyReadUnauthenticated: 'yes' },
  ])('refuses %j', (options) => {
    expect(() => mongooseFieldEncryptionReader(options as MongooseFieldEncryptionOptions)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^ERR_OPTION_/) as string }),
    );
  });
});

describe.skipIf(!present)('cipherSweetReader, on what ciphersweet-js encrypted', () => {
  type Made = new (...parts: never[]) => object;
  interface Library {
    CipherSweet: new (provider: object, backend: object) => object;
    StringProvider: new (key: string) => object;
    EncryptedField: new (
      engine: object,
      table: string,
      field: string,
    ) => { encryptValue(text: Buffer | string, aad?: string): Promise<string> };
    FIPSCrypto: Made;
    ModernCrypto: Made;
    BoringCrypto: Made;
  }
  const key = '4c'.repeat(32);

  it.each(['FIPSCrypto', 'ModernCrypto', 'BoringCrypto'] as const)(
    'reads %s, with and without additional data',
    async (name) => {
      const library = original<Library>('ciphersweet-js');
      const engine = new library.CipherSweet(new library.StringProvider(key), new library[name]());
      const field = new library.EncryptedField(engine, 'customers', 'note');
      const read = (stored: string, more: Partial<CipherSweetOptions> = {}) =>
        cipherSweetReader({ key, ...more }).read(stored, place);
      expect(read(await field.encryptValue(Buffer.from(text)))).toBe(text);
      expect(read(await field.encryptValue(Buffer.from('')))).toBe('');
      // More than one block of BLAKE2b and of the key stream.
      const long = text.repeat(40);
      expect(read(await field.encryptValue(Buffer.from(long)))).toBe(long);
      const bound = await field.encryptValue(Buffer.from(text), 'c-1');
      const aad = ({ row }: { row: readonly unknown[] }) => String(row[0]);
      expect(read(bound, { aad })).toBe(text);
      expect(() => read(bound)).toThrow(expect.objectContaining({ code: 'ERR_FOREIGN_BROKEN' }));
      expect(await outcomeOf(cipherSweetReader({ key, aad }), bound, { ...place, row: ['c-2'] })).toMatchObject({
        code: 'ERR_FOREIGN_BROKEN',
      });
    },
  );
});
