import type { DemoAudience, PlayedStep } from '../demo/play-demo.ts';
import type { Terminal } from '../terminal.ts';
import { describeAlert } from './describe-alert.ts';
import type { Style } from './style.ts';

/** Shows a demo as its user would see it. */
export function createDemoScreen(terminal: Terminal): DemoAudience {
  const { bold, dim, green, red } = terminal.style;
  return {
    onReady({ program, key }, cloneUrl) {
      terminal.print(`Headlock guards ${bold(cloneUrl)}. Ada signs with ${key} (${program}).`);
    },
    onStep({ title }, number) {
      terminal.print(`\n${bold(`${number}. ${title}`)}`);
    },
    onCommand(command) {
      terminal.print(`   ${dim('$')} ${command}`);
    },
    onOutcome({ step, outcome }) {
      const { publication, milliseconds, alert } = outcome;
      const { state, revision, sequence, lock } = publication;
      const paint = state === 'Trusted' ? green : red;
      const reason = lock === null ? '' : ` (${lock.reason})`;
      terminal.print(
        `   ${paint(`${state}${reason}`)}  main@sha1:${revision?.slice(0, 12)}…  sequence ${sequence}  ${bold(`${milliseconds} ms`)} from ${step.from} to published`,
      );
      terminal.print(`   ${describeAlert(alert, terminal.style).replaceAll('\n', '\n   ')}`);
    },
  };
}

export function describeSummary(played: readonly PlayedStep[], { bold, green }: Style): string {
  const pushes = played.filter(({ step }) => step.from === 'push').map(({ outcome }) => outcome.milliseconds);
  const times = pushes.toSorted((one, other) => one - other);
  const range = `${times[0]} to ${times.at(-1)} ms, median ${times[Math.floor(times.length / 2)]} ms`;
  const passed = green(bold(`All ${played.length} steps came out as they must.`));
  return `\n${passed} From push to published: ${range}.\nYour turn: \`npm start\`.`;
}

export function describeStepsAsJson(played: readonly PlayedStep[]): string {
  const steps = played.map(({ step: { title }, outcome: { publication, milliseconds, alert } }) => {
    const { state, revision, sequence, lock } = publication;
    const reason = lock?.reason ?? null;
    return { title, state, reason, revision, sequence, milliseconds, alert: alert.content.title };
  });
  return JSON.stringify({ passed: true, steps }, null, 2);
}
