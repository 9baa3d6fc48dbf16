import { HeadlockError } from '../shared/model/headlock-error.ts';
import type { Input, Terminal } from './terminal.ts';

/** More than can be sealed; what comes after is not read. */
const MAX_BYTES = 8192;

const [CTRL_C, CTRL_D, BACKSPACE, DELETE] = ['\u0003', '\u0004', '\b', '\u007f'];
const ENDS: ReadonlySet<string> = new Set(['\r', '\n', CTRL_D]);

/**
 * A secret's value from standard input, without the line feed that ends it. A terminal is asked, and does not show what is
 * typed (trust rule 7.3).
 * @throws HeadlockError `cancelled`
 */
export async function readSecretValue(name: string, terminal: Terminal): Promise<Uint8Array> {
  const { stdin } = terminal;
  if (stdin.isTTY !== true) return readToEnd(stdin);
  terminal.prompt(`Value of ${name} (it is not shown): `);
  stdin.setRawMode?.(true);
  try {
    return Buffer.from(await readTypedLine(stdin));
  } finally {
    stdin.setRawMode?.(false);
    stdin.pause();
    terminal.prompt('\n');
  }
}

async function readToEnd(stdin: Input): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_BYTES) break;
  }
  const value = Buffer.concat(chunks);
  const end = /\r?\n$/.exec(value.subarray(-2).toString('latin1'))?.[0].length ?? 0;
  return value.subarray(0, value.length - end);
}

function readTypedLine(stdin: Input): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let line = '';
  const onData = (chunk: Buffer | string): void => {
    for (const character of chunk.toString()) {
      if (ENDS.has(character)) resolve(line);
      else if (character === CTRL_C) reject(new HeadlockError('cancelled', 'Nothing was stored.', { kind: 'input' }));
      else if (character === BACKSPACE || character === DELETE) line = [...line].slice(0, -1).join('');
      else if (line.length < MAX_BYTES) line += character;
    }
  };
  stdin.on('data', onData).on('end', () => resolve(line));
  return promise.finally(() => stdin.off('data', onData));
}
