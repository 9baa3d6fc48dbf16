import { FAULTS } from './fault-injector.ts';
import type { Replay } from './replay.ts';

/** Whether a rule was broken, or a call that was to go wrong was not made. */
export const isBad = ({ struck, targets, violations }: Replay): boolean =>
  struck < targets.length || violations.length > 0;

/** The table of places in the code and faults, each with how often it went well; `!` where anything did not. */
export function formatMatrix(replays: readonly Replay[]): string {
  const names = FAULTS.map(({ name }) => name);
  const single = replays.flatMap((replay) => replay.targets.map((target) => ({ target, replay })));
  const labels = [...new Set(single.map(({ target }) => target.label))].toSorted();
  const rows = labels.map((label) => {
    const cells = names.map((name) => {
      const those = single.filter(({ target }) => target.label === label && target.fault.name === name);
      const bad = those.filter(({ replay }) => isBad(replay));
      return those.length === 0 ? '-' : bad.length === 0 ? `${those.length}` : `!${bad.length}/${those.length}`;
    });
    return `| ${label} | ${cells.join(' | ')} |`;
  });
  const broken = replays.filter(({ violations }) => violations.length > 0).length;
  const missed = replays.filter(({ struck, targets }) => struck < targets.length).length;
  return [
    `| call | ${names.join(' | ')} |`,
    `| --- |${names.map(() => ' ---: |').join('')}`,
    ...rows,
    '',
    `${labels.length} places, ${single.length} faults, ${broken} that broke a rule, ${missed} that met no call.`,
  ].join('\n');
}
