import { fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { formatMatrix, isBad } from './format-matrix.ts';
import type { Replay } from './replay.ts';
import { SCENARIOS } from './scenarios.ts';

/** `npm run faults [part of a scenario's name]`: prints the table, and ends with 1 where any replay broke a rule. */
const [, , part = ''] = process.argv;
const replays: Replay[] = [];
const chosen = SCENARIOS.filter(({ name }) => name.includes(part));
const waiting = chosen.values();
let isWhole = chosen.length > 0;

async function work(): Promise<void> {
  for (const { name } of waiting) {
    const child = fork(join(import.meta.dirname, 'replay-scenario.ts'), [name]);
    let count = 0;
    child.on('message', (message) => {
      const replay = message as Replay;
      replays.push(replay);
      count += 1;
      const [target] = replay.targets;
      for (const violation of replay.violations)
        console.error(`${name}, ${target?.label} (${target?.occurrence}), ${target?.fault.name}: ${violation}`);
    });
    const [status] = await once(child, 'exit');
    if (status !== 0) isWhole = false;
    console.error(`${name}: ${count} faults.`);
  }
}

// Half of the time they wait for an answer that does not come.
await Promise.all(Array.from({ length: 2 * availableParallelism() }, work));
console.log(formatMatrix(replays));
const isBroken = replays.some(isBad);
process.exitCode = isWhole && !isBroken ? 0 : 1;
