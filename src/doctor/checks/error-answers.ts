import { headerOf, ownAnswers, whichAnswers } from '../answers.js';
import { type Check, defineCheck } from '../check.js';

const kinds = {
  internals: {
    id: 'error.internals',
    severity: 'high',
    title: 'An error tells strangers about the inside: stack traces, paths of files, packages.',
    clauses: ['ASVS 5.0 V16.5.1', 'ASVS 5.0 V13.4.2'],
    fix: 'Mount errors() last, and run with NODE_ENV=production: Express’s own handler sends an error’s text.',
  },
  crash: {
    id: 'error.crash',
    severity: 'high',
    title: 'A request that no client should send is answered as a failure of the server.',
    clauses: ['ASVS 5.0 V16.5.3'],
    fix: 'Answer it with a status that blames the client; errors() does for what Express and its parsers throw.',
  },
  cached: {
    id: 'error.cacheable',
    severity: 'low',
    title: 'Errors may be kept by caches, and shown to others.',
    clauses: ['ASVS 5.0 V14.2.2'],
    fix: 'Send Cache-Control: no-store with errors; errors() does.',
  },
  trace: {
    id: 'error.trace_answered',
    severity: 'low',
    title: 'TRACE is answered, and shows a script the request’s headers.',
    clauses: ['ASVS 5.0 V13.4.4'],
    fix: 'Refuse TRACE in the proxy or the application.',
  },
} as const;

/** Lines of a stack, installed packages, and what databases say. */
const inside =
  /\bat (?:async )?[\w$.<>[\] ]{1,80} \((?:file:\/\/|node:|\/)[^)\n]{1,200}:\d+:\d+\)|node_modules[/\\]|\b(?:Syntax|Type|Reference|URI)Error: |\bECONNREFUSED\b|\bpg_catalog\b/;

export const errorAnswers: Check = defineCheck({
  name: 'errors',
  needs: 'answers',
  kinds,
  examine(all, found) {
    const answers = ownAnswers(all);
    const telling = answers.filter(({ status, body }) => status >= 400 && inside.test(body));
    if (telling.length > 0) found(kinds.internals, whichAnswers(telling));
    const crashed = answers.filter(
      ({ status, asked }) => status >= 500 && asked !== 'page' && asked !== 'cross-site-post',
    );
    if (crashed.length > 0) found(kinds.crash, whichAnswers(crashed));
    const kept = answers.filter(
      (answer) => answer.status >= 400 && !/\b(?:no-store|private)\b/i.test(headerOf(answer, 'cache-control') ?? ''),
    );
    if (kept.length > 0) found(kinds.cached, whichAnswers(kept));
    const traced = answers.filter(
      ({ asked, status, body }) => asked === 'trace' && status < 300 && /x-doctor/i.test(body),
    );
    if (traced.length > 0) found(kinds.trace, whichAnswers(traced));
  },
});
