import { describe, expect, it } from 'vitest';
import { type CipherSweetOptions, cipherSweetReader } from '../../src/foreign/index.js';
import { changesOf, outcomeOf, refusals } from './tampering.js';

/** paragonie/ciphersweet 06cbd57, tests/KnownAnswers: nist.json, nacl.json, boring.json. Table `example`. */
const published = [
  {
    backend: 'fips',
    key: '62f9d7e541f216b1de9fc46d2720dfdc3a821a536bc057ca226d8222f191cd90',
    name: 'fips:ZfbphOZ-QWYbuqbxJa8uPRbo9TxwXG4LXuK83NiI4FLZnNIki0DvduVS7FW8spiDM2ABzU0BW37SP81zHpo4DhQGTZ-sa0xnCkWLEyCQjWcdQHE1z8q3gLaI4fpiaaO4AaD2Qr4=',
    age: 'fips:0dUtrGhtQOoDxrhHkAgIr7wbZMa4i-Aw08_TQprzzWlS-ZLEeNvy8MLFGEh96UBOBAp178KscM0XCCxE0v22oS4iPwl5Bx0sssGNEGOqUkVIrlnfuiS6G_rim5GasQYPUSk1Q-n7RpQ=',
    grade:
      'fips:UwRT4U9-HNcHz0xs-h48umsifWf1Ta9uG7liRiMCId4HJirOL8BMTlqtceaPkiPUuw5cqWxOm3raDPkcgC3ilombk89-Lz36r_GdrpTO_oQnht14P4mu9olN5n3tXT7JIy3Kzh8O3bo=',
    pass: 'fips:AdNc1Y5E7FRZOjixpWcgroAZRd96vhUaH2sG3V6uLcO7Y2fJmQ_cKgyQ3fBt_45Z5KtkNUcREWOqqfP_prz8EtLZ4ZunyN1kauU2zuSYKPs0F5jO8__L31ndh-e2nddGaA==',
  },
  {
    backend: 'nacl',
    key: 'c6c8759cee5084c74f26ce6b634477d3d5514a651bdd041a1b391f23fd9241ec',
    name: 'nacl:hI6QEAzTevbz9SWzqSZPTFNKWfE7qSswqgCKMt1DY23hr8L6kqf1zJ15SUyI',
    age: 'nacl:lp2zMzTyBsLt2bpKYgJ0ZcF3j_c_P630mjOl91KEVzr5UaLYftzou8sE7rgBJAGB',
    grade: 'nacl:3nwLS7ThDwFcGscVjndruPh0NJTGiTAni1qjCk8jJrFagc64R2316o9O9xwCPsLN',
    pass: 'nacl:UwGZBGRaPItIy5Gzg5WOm_7mC2JM2SQo-DKuvAd_dvDEc6KKtJNc8k8=',
  },
  {
    backend: 'brng',
    key: '603c15697765d660cef8fb13cc1847882f77cdac13f702c3863d57410b2d1dfa',
    name: 'brng:Cxj4xLq-zuLG9AxVmLoZ4ZXTp8PN8XTSrdmY-hHCBSRf76jJhOwutEFytnveEIQLVh7e7B3XBwTl9wuahQ==',
    age: 'brng:RIcODzElMJY3bd690ecYq_7-xC6CFyapcht8YemzKsOB8KUcb0L-10f-1SPNokfCq_iZLx7brxbnIfjeThhIiw==',
    grade: 'brng:hjWQ-BQKMSoMDPup1U4HLKAP6wHJKtMbYhXAPraCycOh_rJl46YGEwwgrejWqBlcsuZqUJeVgtlfg136au-msg==',
    pass: 'brng:dd-aUOdlMwI1jwm1q-L54ullcVBCJQm9uqt-RDcceegYyFV6P5D_G7NposhP2GmXYL48WFAKffYK',
  },
] as const;
const at = (column: string) => ({ table: 'example', column, row: ['e-1'] });

describe.each(published)('cipherSweetReader, $backend', ({ key, name, age, grade, pass }) => {
  const reader = (more: Partial<CipherSweetOptions> = {}) => cipherSweetReader({ key, ...more });

  it('reads the published answers, each in its type', () => {
    expect(reader().read(name, at('name'))).toBe('alice');
    expect(reader({ type: 'integer' }).read(age, at('age'))).toBe('-1');
    expect(reader({ type: 'float' }).read(grade, at('grade'))).toBe('99.1');
    expect(reader({ type: 'boolean' }).read(pass, at('pass'))).toBe('true');
    expect(reader({ type: 'bytes' }).read(name, at('name'))).toEqual(Buffer.from('alice'));
  });

  it('takes the names that the library knew, and a key of before', () => {
    const elsewhere = { table: 'people', column: 'full_name', row: ['p-1'] };
    expect(reader({ table: 'example', field: 'name' }).read(name, elsewhere)).toBe('alice');
    expect(cipherSweetReader({ key: Buffer.alloc(32), previousKeys: [key] }).read(name, at('name'))).toBe('alice');
  });

  it('refuses another column, table, key and additional data', async () => {
    const code = 'ERR_FOREIGN_BROKEN';
    expect(await outcomeOf(reader(), name, at('nick'))).toMatchObject({ code });
    expect(await outcomeOf(reader(), name, { ...at('name'), table: 'examples' })).toMatchObject({ code });
    expect(await outcomeOf(cipherSweetReader({ key: Buffer.alloc(32) }), name, at('name'))).toMatchObject({ code });
    expect(await outcomeOf(reader({ aad: () => 'e-1' }), name, at('name'))).toMatchObject({ code });
  });

  it('refuses every change', async () => {
    const codes = await refusals(reader(), changesOf(name), at('name'));
    expect([...codes].sort()).toEqual(['ERR_FOREIGN_BROKEN', 'ERR_FOREIGN_FORMAT']);
  });

  it('refuses a value of another type', async () => {
    const code = 'ERR_FOREIGN_VALUE';
    expect(await outcomeOf(reader({ type: 'integer' }), name, at('name'))).toMatchObject({ code });
    expect(await outcomeOf(reader({ type: 'boolean' }), name, at('name'))).toMatchObject({ code });
    expect(await outcomeOf(reader(), grade, at('grade'))).toMatchObject({ code });
  });
});

describe('cipherSweetReader', () => {
  const [fips] = published;

  it('refuses a body under another backend’s name', async () => {
    const reader = cipherSweetReader({ key: fips.key });
    for (const other of ['nacl:', 'brng:', 'FIPS:', 'file:']) {
      const outcome = await outcomeOf(reader, other + fips.name.slice(5), at('name'));
      expect(outcome).toMatchObject({ code: expect.stringMatching(/^ERR_FOREIGN_(BROKEN|FORMAT)$/) as string });
    }
  });

  it('refuses a body that is too short to have nonce and MAC', async () => {
    const short = [`fips:${'A'.repeat(124)}`, `nacl:${'A'.repeat(52)}`, `brng:${'A'.repeat(72)}`, 'fips:', 'nacl:AAAA'];
    for (const stored of short) {
      const outcome = await outcomeOf(cipherSweetReader({ key: fips.key }), stored, at('name'));
      expect(outcome).toMatchObject({ code: 'ERR_FOREIGN_FORMAT' });
    }
  });

  it('refuses a body in the other spelling of base64', async () => {
    const stored = fips.name.replaceAll('-', '+');
    expect(stored).not.toBe(fips.name);
    expect(await outcomeOf(cipherSweetReader({ key: fips.key }), stored, at('name'))).toMatchObject({
      code: 'ERR_FOREIGN_FORMAT',
    });
  });

  it.each([{}, { key: 'abc' }, { key: fips.key, type: 'date' }, { key: fips.key, feild: 'x' }])(
    'refuses %j',
    (options) => {
      expect(() => cipherSweetReader(options as CipherSweetOptions)).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^ERR_OPTION_/) as string }),
      );
    },
  );
});
