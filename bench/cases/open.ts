import { derivingPeers, naive, ours, oursCompact, peers, slowPeers } from '../contenders/field-peers.js';
import { openers } from '../contenders/sealing.js';
import type { BenchCase } from '../harness/case.js';

export const cases: readonly BenchCase[] = [
  {
    name: 'open',
    question: 'What does opening a field of 64 B cost beside naive AES-GCM and what npm offers?',
    mode: 'together',
    operations: 2_000,
    contenders: openers([ours, naive, ...peers]),
  },
  {
    name: 'open-suite-02',
    question: 'What does opening the same field cost in suite 02?',
    mode: 'together',
    operations: 2_000,
    contenders: openers([oursCompact, naive]),
  },
  {
    name: 'open-slow-peers',
    question: 'What does opening the same field cost beside the slower packages?',
    mode: 'together',
    operations: 100,
    contenders: openers([ours, ...slowPeers]),
  },
  {
    name: 'open-deriving-peers',
    question: 'What does opening the same field cost beside packages that derive a key for every call?',
    mode: 'together',
    operations: 2,
    contenders: openers([ours, ...derivingPeers]),
  },
];
