import { StringDecoder } from 'node:string_decoder';

/** What a terminal or a pipe gives to read from. */
export interface HiddenInput extends AsyncIterable<Uint8Array | string> {
  readonly isTTY?: boolean | undefined;
  setRawMode?(raw: boolean): unknown;
}

const longest = 4096;

/**
 * Reads one line that nobody should see: from a terminal without echo, otherwise the first line of what is piped in.
 * Never from the arguments of a command, which every user of a machine can list.
 * @returns null when the person broke off (Ctrl-C, Ctrl-D), or when the line is too long to be a password
 */
export async function readHidden(
  input: HiddenInput,
  prompt: { write(text: string): void; text: string },
): Promise<string | null> {
  const isTerminal = input.isTTY === true && input.setRawMode !== undefined;
  const decoder = new StringDecoder('utf8');
  let typed = '';
  if (isTerminal) {
    prompt.write(prompt.text);
    input.setRawMode?.(true);
  }
  try {
    for await (const chunk of input) {
      for (const letter of typeof chunk === 'string' ? chunk : decoder.write(Buffer.from(chunk))) {
        if (letter === '\n' || (isTerminal && letter === '\r')) return isTerminal ? typed : typed.replace(/\r$/, '');
        if (isTerminal && (letter === '\u0003' || letter === '\u0004')) return null;
        if (isTerminal && (letter === '\u007f' || letter === '\b')) typed = [...typed].slice(0, -1).join('');
        else typed += letter;
        if (typed.length > longest) return null;
      }
    }
    return isTerminal ? null : typed;
  } finally {
    if (isTerminal) {
      input.setRawMode?.(false);
      prompt.write('\n');
    }
  }
}
