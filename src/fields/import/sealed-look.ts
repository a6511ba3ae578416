/**
 * The header of a sealed value as base64url: C1, then suite 01, 02 or 11. A text of a customer begins so once in seven
 * thousand million; near enough to the start it is a sealed value whose prefix was damaged.
 */
const header = /wQ[E-L]|wR[E-H]/;
/** The shortest sealed value: 48 bytes around nothing. */
const leastCharacters = 60;

/**
 * Whether a stored text is, or may once have been, a sealed value: the form itself, the prefix with something before it
 * or one of its characters changed or lost, or the body alone. Where plaintext is let through, none of these may pass
 * for it. A sealed value that was cut to its first three characters or fewer cannot be told from a text.
 */
export function looksSealed(text: string): boolean {
  if (/sf1\./i.test(text.slice(0, 16))) return true;
  if (text.length < leastCharacters) return false;
  const at = header.exec(text.slice(0, 8))?.index;
  // The rest of a value of ours is base64url and nothing else, but for one damaged character.
  return at !== undefined && text.slice(at).replace(/[A-Za-z0-9_-]/g, '').length <= 1;
}
