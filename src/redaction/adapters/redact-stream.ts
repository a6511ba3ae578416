import { Transform } from 'node:stream';
import { flagRule, functionRule, integerRule, optional, readOptions, withDefault } from '../../base/options.js';
import { type Redactor, requireParts } from '../create-redactor.js';
import { type BlockFinding, createBlockRedactor } from '../lines/block-redactor.js';
import { createLineBlocks } from '../lines/line-blocks.js';

export interface RedactStreamOptions {
  /** Lines that are JSON are redacted by their keys at any depth as well. Default false: every line is text. */
  readonly json?: boolean | undefined;
  /** Longer lines are cut there and marked `[Truncated]`. 1 KiB to 64 MiB, default 1 MiB. */
  readonly maxLineBytes?: number | undefined;
  /** Told of each replacement: its line, type and rule, never the value. */
  readonly onFinding?: ((finding: BlockFinding) => void) | undefined;
}

const shape = {
  json: withDefault(flagRule(), false),
  maxLineBytes: withDefault(integerRule({ min: 1024, max: 67_108_864 }), 1_048_576),
  onFinding: optional(functionRule<(finding: BlockFinding) => void>()),
};

/**
 * A stream between a source of lines and where they go: bytes of UTF-8 in, redacted bytes out, line by line and in
 * order. A line is looked at when its end is there, so where a chunk ends changes nothing, neither inside a character
 * nor inside a card number. Lines of a private key block are replaced by one label.
 *
 * Clean lines come out byte for byte; control characters but tabs are written out, bytes that are no UTF-8 become
 * U+FFFD. It does NOT see a datum that goes over several lines, but for private keys. A line longer than `maxLineBytes`
 * loses its rest. ASVS 5.0 V16.2.5, V16.4.1.
 * @throws SafekeepError ERR_REDACTOR_FOREIGN for a redactor that `createRedactor` did not make; ERR_OPTION_*
 * @example
 * import { createReadStream } from 'node:fs';
 * import { createRedactor, redactStream } from 'safekeep/redaction';
 * createReadStream('access.log').pipe(redactStream(createRedactor())).pipe(process.stdout);
 */
export function redactStream(redactor: Redactor, options: RedactStreamOptions = {}): Transform {
  const { json, maxLineBytes, onFinding } = readOptions('redactStream', shape, options);
  requireParts(redactor);
  const lines = createLineBlocks(maxLineBytes);
  const blocks = createBlockRedactor(redactor, { isJson: json, maxLineBytes, report: onFinding });
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const block = lines.take(chunk);
      if (block !== undefined) this.push(blocks.redact(block));
      done();
    },
    flush(done) {
      const rest = lines.rest();
      if (rest.length > 0) this.push(blocks.redact(rest));
      done();
    },
  });
}
