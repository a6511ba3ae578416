import { describe, expect, it } from 'vitest';
import { signAwsRequest } from '../../src/keys/sign-aws-request.js';

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const nowMs = Date.UTC(2015, 7, 30, 12, 36, 0);
const request = {
  path: '/',
  headers: { host: 'example.amazonaws.com' },
  body: '',
  region: 'us-east-1',
  service: 'service',
};

/** From the Signature Version 4 test suite of AWS (aws-c-auth, tests/aws-signing-test-suite): name, method, signature. */
const published = [
  ['get-vanilla', 'GET', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
  ['post-vanilla', 'POST', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
] as const;

describe('Signature Version 4', () => {
  it.each(published)('signs %s as published', (_name, method, signature) => {
    const { authorization } = signAwsRequest({ ...request, method }, credentials, nowMs);
    expect(authorization).toBe(
      `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=${signature}`,
    );
  });

  it('signs get-header-value-trim as published: blanks around and between are folded', () => {
    const headers = { ...request.headers, 'my-header1': ' value1', 'my-header2': ' "a   b   c"' };
    expect(signAwsRequest({ ...request, method: 'GET', headers }, credentials, nowMs)['authorization']).toMatch(
      /Signature=acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736$/,
    );
  });

  it('signs the session token of temporary credentials with the rest', () => {
    const signed = signAwsRequest({ ...request, method: 'GET' }, { ...credentials, sessionToken: 'session' }, nowMs);
    expect(signed['x-amz-security-token']).toBe('session');
    expect(signed['authorization']).toContain('SignedHeaders=host;x-amz-date;x-amz-security-token,');
  });
});
