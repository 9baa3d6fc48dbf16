import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Mode } from '../../shared/model/policy.ts';
import { COMMIT_REASONS } from '../../shared/model/verdict.ts';
import {
  type AttackVector,
  type Expectation,
  expectedBy,
  RUNNERS,
  type Runner,
  readAttackVectors,
} from '../support/attack-vectors.ts';
import { judgeByCli, writeVectorCheckout } from '../support/judge-by-cli.ts';
import { judgeByDecision } from '../support/judge-by-decision.ts';
import { judgeByHandler } from '../support/judge-by-handler.ts';
import { runHeadlock, spawnHeadlock } from '../support/run-headlock.ts';
import { readTagVectors } from '../support/tag-vectors.ts';
import { readVectorTerms } from '../support/vector-policy.ts';
import { ATTACK_ROWS } from './attack-rows.ts';

const MODES: readonly Mode[] = ['all', 'first-parent', 'head'];
const vectors = readAttackVectors(join(import.meta.dirname, 'attacks'));
const areas = Map.groupBy(vectors, ({ area }) => area);
const counts = { decision: 0, handler: 0, cli: 0 };

let root: string;
let made = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'hl-vectors-'));
});
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
  const excuses = vectors.flatMap(({ area, name, notBy }) =>
    Object.entries(notBy).map(([runner, why]) => `  not by ${runner}: ${area}: ${name}: ${why}`),
  );
  const { decision, handler, cli } = counts;
  console.info(
    [`${vectors.length} vectors; decision ${decision}, handler ${handler}, CLI ${cli}`, ...excuses].join('\n'),
  );
});

type Judge = (vector: AttackVector, modes: readonly Mode[], folder: string) => Promise<readonly string[]>;

const runners: Readonly<Record<Runner, Judge>> = {
  decision: (vector, modes, folder) =>
    Promise.all(modes.map(async (mode) => judgeByDecision(vector, mode, await readVectorTerms(folder, vector, mode)))),
  handler: (vector, modes, folder) =>
    Promise.all(
      modes.map(async (mode) => judgeByHandler(vector, mode, await readVectorTerms(folder, vector, mode), folder)),
    ),
  cli: async (vector, modes, folder) => {
    const checkout = await writeVectorCheckout(folder, vector, modes);
    // The command has no clock but the machine's.
    vi.setSystemTime(vector.at);
    try {
      return await Promise.all(modes.map((mode) => judgeByCli(vector, mode, checkout, runHeadlock)));
    } finally {
      vi.useRealTimers();
    }
  },
};

/** The command line reads a repository by four processes: once where all modes are to say the same. */
function modesOf({ expect: expected, expectBy }: AttackVector, runner: Runner): readonly Mode[] {
  const isSame = typeof (expectBy[runner] ?? expected) === 'string';
  return runner === 'cli' && isSame ? ['all'] : MODES;
}

const isCarriedOut = (runner: Runner) => (vector: AttackVector) => vector.notBy[runner] === undefined;

describe.each([...areas])('%s', (_area, own) => {
  describe.each([...RUNNERS])('by %s', (runner) => {
    it.each(
      own.filter(isCarriedOut(runner)).map((vector) => [vector.name, vector.rules.join(', '), vector] as const),
    )('%s (rule %s)', async (_name, _rules, vector) => {
      counts[runner] += 1;
      const folder = join(root, String(made++));
      const modes = modesOf(vector, runner);
      const found = await runners[runner](vector, modes, folder);
      expect(modes.map((mode, at) => `${mode}: ${found[at]}`)).toEqual(
        modes.map((mode) => `${mode}: ${expectedBy(vector, runner, mode)}`),
      );
    });
  });
});

describe('by the command line in a process of its own', () => {
  /** The first of each area, and what git could show otherwise. */
  const chosen = [...areas.values()].flatMap((own) => {
    const [first] = own.filter(isCarriedOut('cli')).filter(({ isTimeless }) => isTimeless);
    const replaced = own.filter(({ server }) => server.replaces !== undefined || server.grafts !== undefined);
    return [...(first === undefined ? [] : [first]), ...replaced];
  });

  it.each(chosen.map((vector) => [vector.name, vector] as const))('%s', async (_name, vector) => {
    const checkout = await writeVectorCheckout(join(root, String(made++)), vector, ['all']);
    expect(await judgeByCli(vector, 'all', checkout, spawnHeadlock)).toBe(expectedBy(vector, 'cli', 'all'));
  });
});

describe('the vectors', () => {
  it('prove every rule of parts 1 to 4 that this version enforces', async () => {
    const model = await readFile(join(import.meta.dirname, '../../docs/trust-model.md'), 'utf8');
    const rules = [...model.matchAll(/^- ([1-4]\.\d+) /gm)].map(([, rule]) => rule);
    expect(rules).toHaveLength(29);
    const tags = readTagVectors(join(import.meta.dirname, 'tags.yaml'));
    const proven = new Set([...vectors, ...tags].flatMap((vector) => vector.rules));
    expect([...proven].filter((rule) => !rules.includes(rule))).toEqual([]);
    expect(rules.filter((rule) => !proven.has(String(rule)))).toEqual([]);
  });

  it('hold for each rule one that is trusted and one that is refused', () => {
    const outcomes = Map.groupBy(
      vectors.flatMap(({ rules, expect: all }) =>
        rules.flatMap((rule) => outcomesOf(all).map((outcome) => ({ rule, outcome }))),
      ),
      ({ rule }) => rule,
    );
    const lacking = (isTrusted: boolean) =>
      [...outcomes].filter(([, own]) => own.every(({ outcome }) => outcome.startsWith('trusted') !== isTrusted));
    expect(lacking(false).map(([rule]) => rule)).toEqual([]);
    expect(lacking(true).map(([rule]) => rule)).toEqual(REFUSING);
  });

  it('carry out every row of the attack list, and no other', () => {
    const carriedOut = new Set(vectors.flatMap(({ row }) => row ?? []));
    expect([...ATTACK_ROWS].filter((row) => !carriedOut.has(row))).toEqual([]);
    expect([...carriedOut].filter((row) => !ATTACK_ROWS.includes(row))).toEqual([]);
  });

  it('show every reason for which this version refuses', () => {
    const shown = new Set(
      vectors.flatMap(({ expect: all }) => outcomesOf(all)).map((outcome) => outcome.split(': ')[1]),
    );
    expect(COMMIT_REASONS.filter((reason) => !shown.has(reason))).toEqual([]);
  });

  it('have names of their own, and a reason wherever somebody cannot carry them out', () => {
    const names = vectors.map(({ area, name }) => `${area}: ${name}`);
    expect(names).toEqual([...new Set(names)]);
    for (const { notBy } of vectors) for (const why of Object.values(notBy)) expect(why).toMatch(/^.{20,}\.$/);
  });
});

/** It names reasons. */
const REFUSING = ['2.6'];

function outcomesOf(expected: Expectation): readonly string[] {
  return typeof expected === 'string' ? [expected] : Object.values(expected);
}
