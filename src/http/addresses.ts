import { isIP, isIPv4 } from 'node:net';
import { SafekeepError } from '../base/errors.js';

/**
 * One spelling per address: RFC 5952 for IPv6 without its zone, plain IPv4 for an IPv4-mapped one, so that a client
 * has one counter and one place in a proxy list whichever way its socket or a proxy spells it.
 * @returns null for what is no address.
 */
export function canonicalAddress(text: string): string | null {
  const zone = text.indexOf('%');
  const address = zone < 0 ? text : text.slice(0, zone);
  switch (isIP(address)) {
    case 4:
      return address;
    case 6: {
      const groups = groupsOf(address);
      return mappedIPv4(groups) ?? spell(groups);
    }
    default:
      return null;
  }
}

/**
 * The network that one subscriber holds, to count by: the address itself for IPv4 (`/32`), the first 56 bits for IPv6,
 * because a household or a rented server gets a /64 to /56 and could otherwise take a fresh address per attempt.
 * @throws SafekeepError ERR_ADDRESS_INVALID
 */
export function subnetOf(address: string): string {
  const canonical = canonicalAddress(address);
  if (canonical === null) throw new SafekeepError('ERR_ADDRESS_INVALID');
  if (isIPv4(canonical)) return `${canonical}/32`;
  const kept = groupsOf(canonical).map((group, place) => (place < 3 ? group : place === 3 ? group & 0xff00 : 0));
  return `${spell(kept)}/56`;
}

/**
 * The network around a subnet: the first 48 bits for IPv6, what a company or a rented block has, so that its 256
 * subnets do not have 256 budgets; the address itself for IPv4, whose neighbours are strangers.
 * @throws SafekeepError ERR_ADDRESS_INVALID
 */
export function networkOf(address: string): string {
  const canonical = canonicalAddress(address);
  if (canonical === null) throw new SafekeepError('ERR_ADDRESS_INVALID');
  if (isIPv4(canonical)) return `${canonical}/32`;
  const kept = groupsOf(canonical).map((group, place) => (place < 3 ? group : 0));
  return `${spell(kept)}/48`;
}

/**
 * The 4 or 16 bytes of an address, as certificates carry them.
 * @throws SafekeepError ERR_ADDRESS_INVALID
 */
export function addressBytes(address: string): Buffer {
  const canonical = canonicalAddress(address);
  if (canonical === null) throw new SafekeepError('ERR_ADDRESS_INVALID');
  if (isIPv4(canonical)) return Buffer.from(canonical.split('.').map(Number));
  return Buffer.from(groupsOf(canonical).flatMap((group) => [group >> 8, group & 0xff]));
}

/** The eight groups of an address that `isIP` accepted. */
function groupsOf(address: string): number[] {
  const dotted = address.lastIndexOf(':') + 1;
  let text = address;
  if (address.includes('.')) {
    const [a = 0, b = 0, c = 0, d = 0] = address.slice(dotted).split('.').map(Number);
    text = `${address.slice(0, dotted)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  }
  const [before = '', after] = text.split('::');
  const head = before === '' ? [] : before.split(':');
  const tail = after === undefined || after === '' ? [] : after.split(':');
  const zeros = after === undefined ? 0 : 8 - head.length - tail.length;
  return [...head, ...Array<string>(zeros).fill('0'), ...tail].map((group) => Number.parseInt(group, 16));
}

/** `::ffff:203.0.113.7` is how a dual-stack socket spells an IPv4 peer. */
function mappedIPv4(groups: readonly number[]): string | null {
  if (groups.slice(0, 5).some((group) => group !== 0) || groups[5] !== 0xffff) return null;
  return groups
    .slice(6)
    .flatMap((group) => [group >> 8, group & 0xff])
    .join('.');
}

/** RFC 5952: lower case, no leading zeros, the first longest run of two or more zero groups as `::`. */
function spell(groups: readonly number[]): string {
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start += 1) {
    let length = 0;
    while (groups[start + length] === 0) length += 1;
    if (length > best.length) best = { start, length };
  }
  const hex = groups.map((group) => group.toString(16));
  if (best.start < 0) return hex.join(':');
  return `${hex.slice(0, best.start).join(':')}::${hex.slice(best.start + best.length).join(':')}`;
}
