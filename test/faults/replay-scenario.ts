import { FAULTS, mayStrike } from './fault-injector.ts';
import { startFaultsWorld } from './faults-world.ts';
import { observe, type Replay, replay } from './replay.ts';
import { SCENARIOS } from './scenarios.ts';

/** One scenario once for each of its calls and each fault. Tells its parent of each replay. */
const [, , name] = process.argv;
const scenario = SCENARIOS.find((each) => each.name === name);
if (scenario === undefined) throw new Error(`There is no scenario ${name}.`);
const world = await startFaultsWorld();
const undisturbed = await observe(world, scenario);
for (const site of undisturbed.sites) {
  for (const fault of FAULTS.filter((each) => mayStrike(each, site))) {
    const result: Replay = await replay(world, undisturbed, [{ ...site, fault }]);
    process.send?.(result);
  }
}
await world.close();
// Clients of functions keep their connections as long as their environments would.
process.exit(0);
