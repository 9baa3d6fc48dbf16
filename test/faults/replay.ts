import { isDeepStrictEqual } from 'node:util';
import type { Site, Target } from './fault-injector.ts';
import { createFaultsCase } from './faults-case.ts';
import type { FaultsWorld } from './faults-world.ts';
import { patience } from './invoke-handlers.ts';
import type { Scenario } from './scenarios.ts';
import { takeSnapshot } from './snapshot.ts';

/** A scenario where nothing went wrong. */
export interface Undisturbed {
  readonly scenario: Scenario;
  readonly sites: readonly Site[];
  readonly snapshot: unknown;
}

export interface Replay {
  readonly scenario: string;
  readonly targets: readonly Target[];
  /** How many of the calls were made, and so went wrong. */
  readonly struck: number;
  /** What of the trust rules does not hold after all is over. */
  readonly violations: readonly string[];
}

/** Where an answer does not come, clients give up the request after so long: in AWS it is seconds. */
const ANSWER_MS = 300;

async function run(world: FaultsWorld, scenario: Scenario, targets: readonly Target[]) {
  const each = createFaultsCase(world);
  const { injector } = world;
  const violations: string[] = [];
  await scenario.prepare(each);
  injector.watch(targets);
  patience.answerMs = targets.some(({ fault }) => fault.how === 'silent') ? ANSWER_MS : null;
  await scenario.act(each).catch((error: unknown) => violations.push(`It cannot be finished: ${error}`));
  // Whatever was lost is found by the sweep (trust rule 5.2), where what comes after it may go wrong as well.
  if (injector.struck < targets.length) await each.sweep();
  patience.answerMs = null;
  const { struck } = injector;
  const counts = injector.release();
  for (const _ of ['once', 'again']) await each.sweep();
  const snapshot = await takeSnapshot(each);
  violations.push(...world.watch.violations(each.name));
  const doubled = world.watch.alertsOf(each.name).filter(([, times]) => times > 1 + struck);
  violations.push(...doubled.map(([id, times]) => `The alert ${id} went out ${times} times (rule 5.5)`));
  await world.forget(each.name);
  return { struck, counts, snapshot, violations };
}

/** @throws Error where it breaks a rule by itself */
export async function observe(world: FaultsWorld, scenario: Scenario): Promise<Undisturbed> {
  const { counts, snapshot, violations } = await run(world, scenario, []);
  if (violations.length > 0) throw new Error(`${scenario.name}: ${violations.join(' ')}`);
  const sites = [...counts].flatMap(([label, count]) =>
    Array.from({ length: count }, (_, occurrence) => ({ label, occurrence })),
  );
  return { scenario, sites, snapshot };
}

export async function replay(
  world: FaultsWorld,
  { scenario, snapshot: expected }: Undisturbed,
  targets: readonly Target[],
): Promise<Replay> {
  const { struck, snapshot, violations } = await run(world, scenario, targets);
  const difference = findDifference(expected, snapshot);
  return {
    scenario: scenario.name,
    targets,
    struck,
    violations: [...violations, ...(difference === null ? [] : [difference])],
  };
}

/** Where two values first differ; null where they do not. */
function findDifference(expected: unknown, found: unknown, path = ''): string | null {
  if (isDeepStrictEqual(expected, found)) return null;
  if (isObject(expected) && isObject(found) && Array.isArray(expected) === Array.isArray(found)) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(found)])) {
      const difference = findDifference(expected[key], found[key], `${path}/${key}`);
      if (difference !== null) return difference;
    }
  }
  return `${path}: ${JSON.stringify(found)} in place of ${JSON.stringify(expected)}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
