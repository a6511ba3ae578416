import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';

/** What a browser tells an authenticator of the page it is on. */
interface Page {
  readonly origin: string;
  readonly rpId: string;
}

/** A passkey in memory: ES256, no attestation, as a phone or a security key answers a browser (WebAuthn Level 2, 6). */
export interface Passkey {
  readonly id: string;
  register(challenge: string, page: Page): RegistrationResponseJSON;
  sign(challenge: string, page: Page): AuthenticationResponseJSON;
  /** How often it signed; a copy of the key that is behind is a cloned one. */
  counter: number;
}

const sha256 = (data: Buffer | string): Buffer => createHash('sha256').update(data).digest();
const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);
const u32 = (value: number): Buffer =>
  Buffer.from([value >>> 24, (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff]);
const present = 0x01;
const attested = 0x40;

export function softwarePasskey(): Passkey {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const credential = randomBytes(16);
  const id = credential.toString('base64url');
  // CBOR: {1: 2, 3: -7, -1: 1, -2: x, -3: y}, an EC2 key for ES256 on P-256 (RFC 9053 7.1.1).
  const cose = Buffer.concat([
    Buffer.from('a5010203262001215820', 'hex'),
    Buffer.from(x, 'base64url'),
    Buffer.from('225820', 'hex'),
    Buffer.from(y, 'base64url'),
  ]);

  function clientData(type: string, challenge: string, { origin }: Page): Buffer {
    return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
  }
  function authenticatorData(flags: number, { rpId }: Page): Buffer {
    passkey.counter += 1;
    return Buffer.concat([sha256(rpId), Buffer.from([flags]), u32(passkey.counter)]);
  }

  const passkey: Passkey = {
    id,
    counter: 0,
    register(challenge, page) {
      const data = Buffer.concat([
        authenticatorData(present | attested, page),
        Buffer.alloc(16),
        u16(credential.length),
        credential,
        cose,
      ]);
      // CBOR: {"fmt": "none", "attStmt": {}, "authData": bytes}
      const attestation = Buffer.concat([
        Buffer.from('a363666d74646e6f6e656761747453746d74a068617574684461746159', 'hex'),
        u16(data.length),
        data,
      ]);
      return {
        ...{ id, rawId: id, type: 'public-key', clientExtensionResults: {} },
        response: {
          clientDataJSON: clientData('webauthn.create', challenge, page).toString('base64url'),
          attestationObject: attestation.toString('base64url'),
        },
      };
    },
    sign(challenge, page) {
      const data = authenticatorData(present, page);
      const client = clientData('webauthn.get', challenge, page);
      return {
        ...{ id, rawId: id, type: 'public-key', clientExtensionResults: {} },
        response: {
          clientDataJSON: client.toString('base64url'),
          authenticatorData: data.toString('base64url'),
          signature: sign('sha256', Buffer.concat([data, sha256(client)]), privateKey).toString('base64url'),
        },
      };
    },
  };
  return passkey;
}
