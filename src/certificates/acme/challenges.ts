/** What an ACME authority asks for over plaintext HTTP while an order is pending, and nothing else. */
export interface AcmeChallenges {
  /** The answer to this path; undefined for every path that is no pending challenge's. */
  answer(path: string): string | undefined;
}

export interface PendingChallenges extends AcmeChallenges {
  add(token: string, answer: string): void;
  remove(token: string): void;
}

const folder = '/.well-known/acme-challenge/';
/** RFC 8555 section 8.3: base64url, 128 bits or more. */
const tokenText = /^[A-Za-z0-9_-]{16,256}$/;

/** The pending challenges of this process. RFC 8555 section 8.3. */
export function createPendingChallenges(): PendingChallenges {
  const pending = new Map<string, string>();
  return Object.freeze({
    answer: (path: string) => (path.startsWith(folder) ? pending.get(path.slice(folder.length)) : undefined),
    add(token: string, answer: string) {
      if (tokenText.test(token)) pending.set(token, answer);
    },
    remove: (token: string) => void pending.delete(token),
  });
}
