import { isAtLeastFloor } from '../../passwords/cost.js';
import { type Check, defineCheck } from '../check.js';

const kinds = {
  scheme: {
    id: 'password.scheme_weak',
    severity: 'high',
    title: 'New passwords are hashed by something that graphics cards guess quickly.',
    clauses: ['ASVS 5.0 V11.4.2', 'OWASP Password Storage'],
    fix: 'Use createPasswords(): argon2id; old hashes become it at the next sign-in, or by safekeep passwords wrap.',
  },
  cost: {
    id: 'password.cost_low',
    severity: 'high',
    title: 'A password hash costs less than the least that is advised: guessing is cheap for whoever has the table.',
    clauses: ['ASVS 5.0 V11.4.2', 'OWASP Password Storage'],
    fix: 'Raise it to 19456 KiB and 2 passes, or what safekeep calibrate finds; stored hashes follow at the next sign-in.',
  },
  engine: {
    id: 'password.engine_failed',
    severity: 'critical',
    title: 'The engine that hashes passwords does not compute the published tags, or does not run.',
    clauses: ['ASVS 5.0 V11.2.1'],
    fix: 'Run npm ci on this machine; choose another engine; see ERR_PASSWORD_ENGINE in docs/errors.md.',
  },
  isolated: {
    id: 'password.engine_unisolated',
    severity: 'low',
    title:
      'The engine could not be tried in a process of its own: a native module that crashes would take the server along.',
    clauses: ['ASVS 5.0 V15.2.5'],
    fix: 'Let the server start child processes when it starts, or try the release on the same image first.',
  },
} as const;

export const passwords: Check = defineCheck({
  name: 'password hashing',
  needs: 'passwords',
  kinds,
  examine({ scheme, memoryKiB, passes, engine }, found) {
    if (scheme !== 'argon2id') found(kinds.scheme, `a new hash is of the scheme ${scheme}`);
    else if (memoryKiB !== undefined && passes !== undefined && !isAtLeastFloor({ memoryKiB, passes, lanes: 1 }))
      found(kinds.cost, `${memoryKiB} KiB and ${passes} ${passes === 1 ? 'pass' : 'passes'}`);
    if (engine?.problem !== undefined) found(kinds.engine, engine.problem);
    else if (engine !== undefined && !engine.isolated)
      found(kinds.isolated, `${engine.name} was tried in this process only`);
  },
});
