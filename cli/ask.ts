import { createInterface } from 'node:readline';
import { HeadlockError } from '../shared/model/headlock-error.ts';
import type { Terminal } from './terminal.ts';

/** Asks a person at a terminal; where there is none, every proposal is taken. */
export interface Asker {
  /** @throws HeadlockError `cancelled` where the input ends */
  ask(question: string, proposal: string): Promise<string>;
  close(): void;
}

export function createAsker(terminal: Terminal): Asker {
  if (terminal.stdin.isTTY !== true) return { ask: async (_, proposal) => proposal, close: () => {} };
  const lines = createInterface({ input: terminal.stdin });
  const answers = lines[Symbol.asyncIterator]();
  return {
    ask: async (question, proposal) => {
      terminal.prompt(`${question}${proposal === '' ? '' : ` [${proposal}]`}: `);
      const { value, done } = await answers.next();
      if (done === true) throw new HeadlockError('cancelled', 'Nothing was written.', { kind: 'input' });
      return value.trim() || proposal;
    },
    close: () => lines.close(),
  };
}
