import { type BlockFinding, createRedactor, type Redactor } from '../../redaction/index.js';
import { createBlockRedactor } from '../../redaction/lines/block-redactor.js';
import { loadPolicy } from '../load-policy.js';

/** How the lines of a text are redacted; goes to worker threads as it is. */
export interface RedactChoice {
  readonly isJson: boolean;
  readonly maxLineBytes: number;
  /** The module of the policy, where there is one. */
  readonly policy: string | undefined;
  /** Whether findings are wanted one by one. */
  readonly reports: boolean;
}

/** What became of a block of whole lines. */
export interface BlockResult {
  readonly bytes: Uint8Array;
  readonly lines: number;
  readonly cutLines: number;
  /** Their lines are counted from the beginning of the block. */
  readonly findings: readonly BlockFinding[];
}

export async function redactorOf({ policy }: RedactChoice): Promise<Redactor> {
  return policy === undefined ? createRedactor() : createRedactor({ policy: await loadPolicy('redact', policy) });
}

/** For blocks that come in order: a private key may go on from one to the next. */
export function blocksInOrder(redactor: Redactor, choice: RedactChoice): (block: Buffer) => BlockResult {
  let findings: BlockFinding[] = [];
  const { isJson, maxLineBytes, reports } = choice;
  const blocks = createBlockRedactor(redactor, {
    isJson,
    maxLineBytes,
    report: reports ? (finding) => findings.push(finding) : undefined,
  });
  return function redactNext(block) {
    const [linesBefore, cutBefore] = [blocks.lines(), blocks.cutLines()];
    findings = [];
    const bytes = blocks.redact(block);
    return {
      bytes,
      lines: blocks.lines() - linesBefore,
      cutLines: blocks.cutLines() - cutBefore,
      findings: findings.map((finding) => ({ ...finding, line: finding.line - linesBefore })),
    };
  };
}
