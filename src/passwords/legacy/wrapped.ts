import { pae, utf8 } from '../../base/bytes.js';
import { fromBase64, type OldSettings } from './scheme.js';

/** argon2id over the digest of an old hash, as text: what is asked of the old scheme, then a plain PHC string. */
export interface Wrapped {
  readonly settings: OldSettings;
  readonly phc: string;
}

export const wrappedPrefix = '$sfw1$';
const decimal = '(?:0|[1-9][0-9]{0,9})';
const grammar = new RegExp(
  `^\\$sfw1\\$([a-z0-9-]{1,32})\\$(-|${decimal}(?:,${decimal}){0,2})\\$([A-Za-z0-9+/]*)\\$(${decimal})(\\$argon2id\\$.*)$`,
);

/** The wrapped form, docs/formats.md. The digest itself is in it no more. */
export function formatWrapped(settings: OldSettings, phc: string): string {
  return `${wrappedPrefix}${headerOf(settings)}${phc}`;
}

/** undefined for anything but the one spelling. Whether scheme and argon2 are within bounds is for their own readers. */
export function parseWrapped(text: string): Wrapped | undefined {
  const [, variant, costs, saltText, digestBytes, phc] = grammar.exec(text) ?? [];
  if (variant === undefined || phc === undefined) return undefined;
  const salt = fromBase64(saltText as string, false);
  if (salt === null) return undefined;
  const settings = {
    variant,
    costs: costs === '-' ? [] : (costs as string).split(',').map(Number),
    salt,
    digestBytes: Number(digestBytes),
  };
  return { settings, phc };
}

/**
 * What argon2id is given for a password: the old digest and all that made it. Marked, so that nobody who knows an old
 * digest can make a plain hash of a wrapped one and type the digest as password.
 */
export function wrapInput(settings: OldSettings, digest: Uint8Array): Buffer {
  return pae([utf8('sf1/wrapped'), utf8(headerOf(settings)), digest]);
}

function headerOf({ variant, costs, salt, digestBytes }: OldSettings): string {
  const list = costs.length === 0 ? '-' : costs.join(',');
  return `${variant}$${list}$${salt.toString('base64').replace(/=+$/, '')}$${digestBytes}`;
}
