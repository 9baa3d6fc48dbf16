import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FAULTS, type Fault, mayStrike, type Site, type Target } from './fault-injector.ts';
import { type FaultsWorld, startFaultsWorld } from './faults-world.ts';
import { observe, replay } from './replay.ts';
import { SCENARIOS } from './scenarios.ts';

let world: FaultsWorld;
beforeAll(async () => {
  world = await startFaultsWorld();
});
afterAll(() => world.close());

/** A message is set aside after its fifth attempt: fewer go wrong in one run. */
const AT_A_TIME = 4;

/** Places of earlier scenarios: each goes wrong once here, and in all ways by `npm run faults`. */
const met = new Set<string>();
let turn = 0;

function chooseFault(site: Site): Fault {
  const isWrite = /Put|Write|Delete|Send|Publish|Sign/.test(site.label);
  // Of a write, what matters is that it had its effect; of a read, that it had none.
  const telling = FAULTS.filter((fault) => mayStrike(fault, site) && fault.after === isWrite);
  turn += 1;
  const fault = site.label.includes('.Batch') ? FAULTS.at(-1) : telling[turn % telling.length];
  if (fault === undefined) throw new Error('There are faults of all calls.');
  return fault;
}

/** Who is not called again: what such a call was to do, the sweep does. */
const ONCE = /^(?:webhook|sweep|trusted-revision):/;

/** As few runs as can be, each with few targets, and at most one of which nothing comes after. */
function share(targets: readonly Target[]): readonly (readonly Target[])[] {
  const runs: Target[][] = [];
  for (const target of targets) {
    const isFinal = ONCE.test(target.label);
    const free = runs.find((run) => run.length < AT_A_TIME && !(isFinal && run.some(({ label }) => ONCE.test(label))));
    if (free === undefined) runs.push([target]);
    else free.push(target);
  }
  return runs;
}

describe('after a call of AWS goes wrong, once all is over', () => {
  const used = new Set<string>();

  it.each(SCENARIOS)('rules 5.1 to 5.5 hold where $name', async (scenario) => {
    const undisturbed = await observe(world, scenario);
    const fresh = undisturbed.sites.filter(({ label }) => !met.has(label) && met.add(label));
    const targets: Target[] = fresh.map((site) => ({ ...site, fault: chooseFault(site) }));
    for (const some of share(targets)) {
      const { struck, violations } = await replay(world, undisturbed, some);
      const what = some.map(({ label, fault }) => `${label}: ${fault.name}`);
      expect({ what, struck, violations }).toEqual({ what, struck: some.length, violations: [] });
      for (const { fault } of some) used.add(fault.name);
    }
  });

  it('and every kind of fault is among them', () => {
    expect([...used].toSorted()).toEqual(FAULTS.map(({ name }) => name).toSorted());
  });
});
