import type { Authorization, Client, Order } from 'acme-client';
import { isSafekeepError, SafekeepError } from '../../base/errors.js';
import { nameOf } from '../../base/names.js';
import type { PendingChallenges } from './challenges.js';

type Acme = typeof import('acme-client');

export interface OrderRequest {
  readonly acme: Acme;
  readonly directoryUrl: string;
  readonly accountKey: string;
  readonly email: string | undefined;
  readonly externalAccount: { readonly kid: string; readonly hmacKey: string } | undefined;
  readonly hosts: readonly string[];
  /** Of the certificate; PEM. */
  readonly key: string;
  readonly challenges: PendingChallenges;
  /** Once aborted, no further step is begun. */
  readonly signal: AbortSignal;
}

/** Where an order ended. */
type Step = 'account' | 'order' | 'challenge' | 'finalize' | 'certificate' | 'time';

/**
 * One order from an ACME authority, by http-01: account, order, a challenge per host, certificate. RFC 8555 section 7.4.
 * @returns the chain, as PEM
 * @throws SafekeepError ERR_ACME_ORDER with the step it ended at, and what the authority called the problem
 */
export async function orderCertificate(o: OrderRequest): Promise<string> {
  const client = new o.acme.Client({
    directoryUrl: o.directoryUrl,
    accountKey: o.accountKey,
    ...(o.externalAccount === undefined ? {} : { externalAccountBinding: o.externalAccount }),
    // How often the state of a challenge is asked for, in ms.
    backoffAttempts: 15,
    backoffMin: 250,
    backoffMax: 10_000,
  });
  async function at<T>(step: Step, work: () => Promise<T>): Promise<T> {
    if (o.signal.aborted) throw failed('time');
    try {
      return await work();
    } catch (error) {
      // What the authority wrote may quote anything; the step says enough.
      throw isSafekeepError(error) ? error : failed(step);
    }
  }
  const contact = o.email === undefined ? {} : { contact: [`mailto:${o.email}`] };
  await at('account', () =>
    // Asked for first: for an account that is there the client sends an update, and one that changes nothing is refused.
    client
      .createAccount({ onlyReturnExisting: true })
      .catch(() => client.createAccount({ termsOfServiceAgreed: true, ...contact })),
  );
  const identifiers = o.hosts.map((value) => ({ type: 'dns', value }));
  const order = await at('order', () => client.createOrder({ identifiers }));
  const authorizations = await at('order', () => client.getAuthorizations(order));
  for (const authorization of authorizations) {
    await at('challenge', () => prove(client, order, authorization, o.challenges));
  }
  const [, request] = await o.acme.crypto.createCsr({ commonName: o.hosts[0] ?? '', altNames: [...o.hosts] }, o.key);
  const finalized = await at('finalize', () => client.finalizeOrder(order, request));
  return await at('certificate', () => client.getCertificate(finalized));
}

async function prove(
  client: Client,
  order: Order,
  authorization: Authorization,
  challenges: PendingChallenges,
): Promise<void> {
  if (authorization.status === 'valid') return;
  const host = authorization.identifier.value;
  const challenge = authorization.challenges.find(({ type }) => type === 'http-01');
  if (challenge === undefined) throw failed('challenge', { host: nameOf(host), problem: nameOf('no-http-01') });
  challenges.add(challenge.token, await client.getChallengeKeyAuthorization(challenge));
  try {
    await client.completeChallenge(challenge);
    await client.waitForValidStatus(challenge);
  } catch {
    const problem = await problemOf(client, order, host).catch(() => undefined);
    throw failed('challenge', { host: nameOf(host), problem });
  } finally {
    challenges.remove(challenge.token);
  }
}

/** What the authority itself says went wrong: `urn:ietf:params:acme:error:connection`. RFC 8555 section 6.7. */
async function problemOf(client: Client, order: Order, host: string) {
  const authorizations = await client.getAuthorizations(order);
  const found = authorizations.find(({ identifier }) => identifier.value === host);
  const told = found?.challenges.map((challenge) => (challenge.error as { type?: unknown } | undefined)?.type);
  const type = told?.find((each) => typeof each === 'string');
  return type === undefined ? undefined : nameOf(String(type));
}

function failed(step: Step, facts: ConstructorParameters<typeof SafekeepError>[1] = {}): SafekeepError {
  return new SafekeepError('ERR_ACME_ORDER', { step: nameOf(step), ...facts });
}
