import type { Readable, Writable } from 'node:stream';
import { createStyle, type Style } from './output/style.ts';

/** Standard input: a terminal's can be told not to show what is typed. */
export type Input = Readable & { readonly isTTY?: boolean; setRawMode?(isRaw: boolean): unknown };

export type Output = Writable & { readonly isTTY?: boolean };

export interface Terminal {
  readonly stdin: Input;
  readonly style: Style;
  /** What was asked for: one line, or several, to standard output. */
  print(text?: string): void;
  /** What a person should notice, to standard error. */
  warn(text: string): void;
  /** Says on a terminal, and nowhere else, what goes on. The next text takes its place; '' takes it away. */
  progress(text: string): void;
  /** Asks on standard error. */
  prompt(text: string): void;
}

export interface Streams {
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  /** No colour, whatever the streams are. */
  readonly isPlain: boolean;
}

const CLEAR_LINE = '\r\u001b[K';

export function createTerminal({ stdin, stdout, stderr, isPlain }: Streams): Terminal {
  const showsProgress = stderr.isTTY === true && !isPlain;
  let shown = false;
  const progress = (text: string): void => {
    if (!showsProgress || (text === '' && !shown)) return;
    stderr.write(CLEAR_LINE + text);
    shown = text !== '';
  };
  return {
    stdin,
    style: createStyle(stdout.isTTY === true && !isPlain),
    print(text = '') {
      progress('');
      stdout.write(`${text}\n`);
    },
    warn(text) {
      progress('');
      stderr.write(`${text}\n`);
    },
    progress,
    prompt(text) {
      progress('');
      stderr.write(text);
    },
  };
}
