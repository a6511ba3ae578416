import { headerOf } from '../answers.js';
import { type Check, defineCheck } from '../check.js';
import { otherHost } from '../probe/requests.js';
import type { Answer } from '../subject.js';

const kinds = {
  answered: {
    id: 'host.any_answered',
    severity: 'medium',
    title: 'The application answers to any Host: caches and links can be led to another one.',
    clauses: ['ASVS 5.0 V4.1.3', 'RFC 9110 7.4'],
    fix: 'Mount tlsOnly({ origin }): it refuses (421) what is not for the origin. A proxy has to pass Host on.',
  },
  reflected: {
    id: 'host.reflected',
    severity: 'high',
    title:
      'A host that the client wrote comes back in the answer: with it, links in mails and redirects lead to an attacker.',
    clauses: ['ASVS 5.0 V4.1.3', 'CWE-640'],
    fix: 'Build links from the configured origin, never from Host or X-Forwarded-Host.',
  },
} as const;

export const hosts: Check = defineCheck({
  name: 'foreign hosts',
  needs: 'answers',
  kinds,
  examine(answers, found) {
    for (const answer of answers) {
      if (answer.asked !== 'other-host' && answer.asked !== 'forwarded-host') continue;
      const header = answer.asked === 'other-host' ? 'Host' : 'X-Forwarded-Host';
      const where = reflectedIn(answer);
      if (where !== undefined) found(kinds.reflected, `${header}: ${otherHost} came back in ${where}`);
      else if (answer.asked === 'other-host' && answer.status < 400)
        found(kinds.answered, `Host: ${otherHost} was answered with ${answer.status}`);
    }
  },
});

function reflectedIn(answer: Answer): string | undefined {
  if (headerOf(answer, 'location')?.includes(otherHost) === true) return 'Location';
  return answer.body.includes(otherHost) ? 'the page' : undefined;
}
