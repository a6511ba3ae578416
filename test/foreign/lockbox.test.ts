import { createCipheriv } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type LockboxOptions, lockboxReader } from '../../src/foreign/index.js';
import { hasLockbox, lockbox } from './debian.js';
import { changesOf, outcomeOf, place, refusals } from './tampering.js';

const masterKey = '01'.repeat(32);
const text = 'Zoë, 3 rue de l’Été';
const at = { table: 'users', column: 'note_ciphertext', row: ['u-1'] };

describe.skipIf(!hasLockbox)('lockboxReader, on what Lockbox encrypted', () => {
  const made = hasLockbox
    ? lockbox<Record<string, string>>(`
        text = ${JSON.stringify(text)}
        key = Lockbox.attribute_key(table: "users", attribute: "note_ciphertext", master_key: "${masterKey}")
        box = Lockbox.new(key: key, encode: true)
        old = Lockbox.new(key: "02" * 32, encode: true)
        { text: box.encrypt(text), bound: box.encrypt(text, associated_data: "u-1"),
          padded: Lockbox.new(key: key, encode: true, padding: true).encrypt(text),
          paddedBlock: Lockbox.new(key: key, encode: true, padding: 16).encrypt("x" * 16),
          paddedEmpty: Lockbox.new(key: key, encode: true, padding: 16).encrypt(""),
          integer: box.encrypt([-12].pack("q>")), float: box.encrypt([1.5].pack("G")), yes: box.encrypt("t"),
          binary: [Lockbox.new(key: key).encrypt("\\x00\\xff".b)].pack("m0"),
          old: old.encrypt(text), key: key }`)
    : {};
  const read = (what: string, more: Partial<LockboxOptions> = {}) =>
    lockboxReader({ masterKey, ...more }).read(made[what] as string, at);

  it('reads text and the other types', () => {
    expect(read('text')).toBe(text);
    expect(read('integer', { type: 'integer' })).toBe('-12');
    expect(read('float', { type: 'float' })).toBe('1.5');
    expect(read('yes', { type: 'boolean' })).toBe('true');
    const binary = lockboxReader({ masterKey, encoded: false, type: 'bytes' });
    expect(binary.read(Buffer.from(made['binary'] as string, 'base64'), at)).toEqual(Buffer.from([0x00, 0xff]));
  });

  it('takes padding off, and refuses to where there is none', async () => {
    expect(read('padded', { padding: 16 })).toBe(text);
    expect(read('paddedBlock', { padding: 16 })).toBe('x'.repeat(16));
    expect(read('paddedEmpty', { padding: 16 })).toBe('');
    const outcome = await outcomeOf(lockboxReader({ masterKey, padding: 16 }), made['text'] as string, at);
    expect(outcome).toMatchObject({ code: 'ERR_FOREIGN_VALUE' });
  });

  it('binds a value to its row by associated data', async () => {
    const reader = lockboxReader({ masterKey, associatedData: ({ row }) => String(row[0]) });
    expect(reader.read(made['bound'] as string, at)).toBe(text);
    const moved = await outcomeOf(reader, made['bound'] as string, { ...at, row: ['u-2'] });
    expect(moved).toMatchObject({ code: 'ERR_FOREIGN_BROKEN' });
    expect(await outcomeOf(reader, made['text'] as string, at)).toMatchObject({ code: 'ERR_FOREIGN_BROKEN' });
  });

  it('takes the column’s own key, previous keys, and names of before', () => {
    expect(lockboxReader({ key: made['key'] as string }).read(made['text'] as string, place)).toBe(text);
    expect(
      lockboxReader({ key: '03'.repeat(32), previousKeys: ['02'.repeat(32)] }).read(made['old'] as string, at),
    ).toBe(text);
    const renamed = lockboxReader({ masterKey, keyTable: 'users', keyAttribute: 'note_ciphertext' });
    expect(renamed.read(made['text'] as string, place)).toBe(text);
  });

  it('refuses another table and column, and every change', async () => {
    const reader = lockboxReader({ masterKey });
    expect(await outcomeOf(reader, made['text'] as string, place)).toMatchObject({ code: 'ERR_FOREIGN_BROKEN' });
    // Empty is a value of a model that does not pad: stored as it is.
    const changes = changesOf(made['text'] as string).filter((change) => change !== '');
    expect([...(await refusals(reader, changes, at))].sort()).toEqual(['ERR_FOREIGN_BROKEN', 'ERR_FOREIGN_FORMAT']);
  });
});

describe('lockboxReader', () => {
  it('reads the published example, docs/Compatibility.md of ankane/lockbox 20b332c', () => {
    const key = '61e6ba4a3a2498e3a8fdcd047eff0cd9864016f2c83c34599a3257a57ce6f7fb';
    expect(lockboxReader({ key }).read('Uv/+Sgar0kM216AvVlBH5Gt8vIwtQGfPysl539WY2DER62AoJg==', at)).toBe('it works!');
  });

  it('gives an empty value as what it is, but not where an empty one would have been padded', async () => {
    expect(lockboxReader({ masterKey }).read('', at)).toBe('');
    const code = 'ERR_FOREIGN_FORMAT';
    expect(await outcomeOf(lockboxReader({ masterKey, padding: 16 }), '', at)).toMatchObject({ code });
    expect(await outcomeOf(lockboxReader({ masterKey, type: 'integer' }), '', at)).toMatchObject({ code });
  });

  it('takes off a padding that is one, and nothing else', async () => {
    const key = Buffer.alloc(32, 4);
    const sealed = (plain: Buffer) => {
      const nonce = Buffer.alloc(12, 1);
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 });
      const body = Buffer.concat([nonce, cipher.update(plain), cipher.final()]);
      return Buffer.concat([body, cipher.getAuthTag()]).toString('base64');
    };
    const reader = lockboxReader({ key, padding: 8, type: 'bytes' });
    expect(reader.read(sealed(Buffer.from('6162800000000000', 'hex')), at)).toEqual(Buffer.from('ab'));
    for (const plain of [
      '616280',
      '6162000000000000',
      '6162810000000000',
      '0000000000000000',
      '',
      '61800000000000000000000000000000',
    ]) {
      expect(await outcomeOf(reader, sealed(Buffer.from(plain, 'hex')), at)).toMatchObject({
        code: 'ERR_FOREIGN_VALUE',
      });
    }
  });

  it.each([{}, { masterKey, key: masterKey }, { masterKey: 'abc' }, { masterKey, padding: 0 }, { masterKey, pad: 16 }])(
    'refuses %j',
    (options) => {
      expect(() => lockboxReader(options as LockboxOptions)).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^ERR_OPTION_/) as string }),
      );
    },
  );
});
