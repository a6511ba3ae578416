import { derivingPeers, naive, ours, oursCompact, peers, slowPeers } from '../contenders/field-peers.js';
import { sealers } from '../contenders/sealing.js';
import type { BenchCase } from '../harness/case.js';

export const cases: readonly BenchCase[] = [
  {
    name: 'seal',
    question: 'What does sealing a field of 64 B cost beside naive AES-GCM and what npm offers?',
    mode: 'together',
    operations: 2_000,
    contenders: sealers([ours, naive, ...peers]),
  },
  {
    name: 'seal-suite-02',
    question: 'What does sealing the same field cost in suite 02?',
    mode: 'together',
    operations: 2_000,
    contenders: sealers([oursCompact, naive]),
  },
  {
    name: 'seal-slow-peers',
    question: 'What does sealing the same field cost beside the slower packages?',
    mode: 'together',
    operations: 100,
    contenders: sealers([ours, ...slowPeers]),
  },
  {
    name: 'seal-deriving-peers',
    question: 'What does sealing the same field cost beside packages that derive a key for every call?',
    mode: 'together',
    operations: 2,
    contenders: sealers([ours, ...derivingPeers]),
  },
];
