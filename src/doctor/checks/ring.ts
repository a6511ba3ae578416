import type { KeyInfo } from '../../keys/index.js';
import { keyPurposes } from '../../keys/key-state.js';
import { type Check, defineCheck } from '../check.js';

const kinds = {
  refused: {
    id: 'keys.ring_refused',
    severity: 'critical',
    title: 'The key ring does not open: the server does not start, or loses what is sealed when it starts anew.',
    clauses: ['ASVS 5.0 V11.1.1', 'ASVS 5.0 V13.3.1'],
    fix: 'See the code in docs/errors.md. Restore a ring by safekeep keys restore; never make a new one in its place.',
  },
  root: {
    id: 'keys.root_unavailable',
    severity: 'critical',
    title: 'The root key does not answer: running servers go on for a while, new ones do not start.',
    clauses: ['ASVS 5.0 V13.3.1', 'NIST SP 800-57 part 1 5.3'],
    fix: 'Bring the HSM, Vault or KMS back, or renew the right to it, before readsWithoutRootSeconds is over.',
  },
  inactive: {
    id: 'keys.purpose_without_active',
    severity: 'high',
    title: 'A purpose has no active key: nothing can be sealed, or looked up, for it.',
    clauses: ['ASVS 5.0 V11.1.1', 'NIST SP 800-57 part 1 7'],
    fix: 'safekeep keys stage, then activate.',
  },
  compromised: {
    id: 'keys.compromised',
    severity: 'high',
    title: 'Values still depend on a key that somebody else may know.',
    clauses: ['ASVS 5.0 V11.1.1', 'NIST SP 800-57 part 1 7.5'],
    fix: 'safekeep rotate moves them off it; keys prove and keys destroy end it.',
  },
  old: {
    id: 'keys.active_old',
    severity: 'medium',
    title: 'A key has sealed for longer than two years.',
    clauses: ['ASVS 5.0 V13.3.4', 'NIST SP 800-57 part 1 5.3.6'],
    fix: 'safekeep keys stage and activate, then safekeep rotate.',
  },
  staged: {
    id: 'keys.staged_long',
    severity: 'low',
    title: 'A key was staged over a month ago and never activated: a roll-out that stopped half-way.',
    clauses: ['ASVS 5.0 V11.1.1', 'NIST SP 800-57 part 1 7.1'],
    fix: 'Activate it, or safekeep keys retire takes it out of the roll-out.',
  },
  suspended: {
    id: 'keys.suspended',
    severity: 'low',
    title: 'A key is suspended: what still needs it does not open.',
    clauses: ['ASVS 5.0 V11.1.1', 'NIST SP 800-57 part 1 7.4'],
    fix: 'Prove it unused and destroy it, or resume it.',
  },
  behind: {
    id: 'keys.holder_behind',
    severity: 'medium',
    title: 'A process still holds an older list of keys: values sealed now may not open there.',
    clauses: ['ASVS 5.0 V11.1.1'],
    fix: 'See whether it reaches the database and the root key; restart it.',
  },
  beside: {
    id: 'keys.root_beside_ring',
    severity: 'medium',
    title: 'The root key lies in the ring’s own folder: whoever copies the folder has both.',
    clauses: ['ASVS 5.0 V13.3.1', 'PCI DSS 4.0.1 3.6.1.3'],
    fix: 'Keep the root key elsewhere: another volume, an HSM, Vault or a KMS.',
  },
} as const;

const dayMs = 86_400_000;
const staleDays = 30;
const cryptoperiodDays = 730;

export const ring: Check = defineCheck({
  name: 'key ring',
  needs: 'ring',
  kinds,
  examine({ place: name, problem, keys, behind, rootBesideRing }, found, { nowMs }) {
    const place = { name };
    if (problem?.startsWith('ERR_ROOT_KEY') === true) found(kinds.root, problem, place);
    else if (problem !== undefined) found(kinds.refused, problem, place);
    if (rootBesideRing) found(kinds.beside, 'both are in one folder', place);
    if (behind > 0) found(kinds.behind, `${behind} of the processes that hold the ring`, place);
    const ageDays = ({ created }: KeyInfo): number => Math.floor((nowMs - Date.parse(created)) / dayMs);
    for (const key of keys) {
      const told = `${hex(key)} for ${key.purpose}, ${ageDays(key)} days old`;
      if (key.state === 'compromised') found(kinds.compromised, told, place);
      if (key.state === 'suspended') found(kinds.suspended, told, place);
      if (key.state === 'active' && ageDays(key) > cryptoperiodDays) found(kinds.old, told, place);
      if (key.state === 'staged' && ageDays(key) > staleDays) found(kinds.staged, told, place);
    }
    if (problem !== undefined) return;
    const idle = keyPurposes.filter(
      (purpose) => !keys.some((key) => key.purpose === purpose && key.state === 'active'),
    );
    if (idle.length > 0) found(kinds.inactive, idle.join(', '), place);
  },
});

function hex({ id }: KeyInfo): string {
  return id.toString(16).padStart(8, '0');
}
