import { describe, expect, it } from 'vitest';
import type { TagPorts } from '../../functions/verify/ports.ts';
import { verifyTags } from '../../functions/verify/verify-tags.ts';
import { CutOff, cutOffAt, hookCalls, takeTurns } from '../support/cut-off.ts';
import { useEmbeddedServices } from '../support/embedded-services.ts';
import { createTagWorld, type TagWorld } from '../support/tag-world.ts';

useEmbeddedServices();

type Hook = Parameters<typeof hookCalls>[1];

/** The same ports with a hook around each call of each. */
function hookPorts(ports: TagPorts, hook: Hook): TagPorts {
  const { tags, policies, history, seen, verdicts, alerts, queue } = ports;
  return {
    ...ports,
    tags: { ...hookCalls(tags, hook), ...callsOf(tags, hook), guarded: hookCalls(tags.guarded, hook) },
    policies: hookCalls(policies, hook),
    history: hookCalls(history, hook),
    seen: hookCalls(seen, hook),
    verdicts: hookCalls(verdicts, hook),
    alerts: hookCalls(alerts, hook),
    queue: hookCalls(queue, hook),
    openSources: async (...args) => {
      const sources = await ports.openSources(...args);
      return 'kind' in sources ? sources : sources.map((source) => hookCalls(source, hook));
    },
  };
}

/** A spread takes no functions out of a proxy. */
function callsOf({ read, write, list, readForPublication, isGuarded }: TagPorts['tags'], hook: Hook) {
  return hookCalls({ read, write, list, readForPublication, isGuarded }, hook);
}

/** A tag that is published and then moved, one that is unsigned, and one that is new. */
async function createStory(): Promise<TagWorld> {
  const world = createTagWorld();
  await world.apply();
  world.tag('v1', world.commit());
  world.tag('v2', world.commit(), null);
  await world.run();
  world.alerts.clear();
  // An hour of alerts of its own: what a run that is cut off has counted is not counted back.
  world.wait(3600);
  world.tag('v1', world.commit(world.alice, 'Another\n'));
  world.tag('v3', world.commit());
  return world;
}

async function outcomeOf(world: TagWorld) {
  return {
    outcomes: await world.outcomes(),
    events: await Promise.all(['v1', 'v2', 'v3'].map((name) => world.events(name))),
    alerts: [...world.alerts.values()].map(({ event, ref }) => `${event} ${ref.branch}`).toSorted(),
  };
}

const MOST_CALLS = 30;

const EXPECTED = {
  outcomes: { v1: 'published, tag_moved', v2: 'nothing, unsigned', v3: 'published' },
  events: [['advanced', 'locked'], ['locked'], ['advanced']],
  alerts: ['advanced refs/tags/v3', 'locked refs/tags/v1'],
};

describe('deciding tags (trust rules 5.1, 5.5)', () => {
  it.each(['before', 'after'] as const)('ends the same where a run is cut off %s any of its calls', async (when) => {
    let cuts = 0;
    for (let call = 1; call <= MOST_CALLS; call += 1) {
      const world = await createStory();
      await verifyTags(world.repository, hookPorts(world.ports, cutOffAt(call, when))).catch((error: unknown) => {
        if (!(error instanceof CutOff)) throw error;
        cuts += 1;
      });
      await world.run();
      expect({ call, ...(await outcomeOf(world)) }).toEqual({ call, ...EXPECTED });
    }
    // After a call that runs beside others none is cut off: the next one has begun.
    expect(cuts).toBeGreaterThan(when === 'before' ? 15 : 10);
    expect(cuts).toBeLessThan(MOST_CALLS);
  });

  it('ends the same where two runs get in each other’s way', async () => {
    for (const delays of [[0], [3, 0, 7], [50, 0], [0, 20, 1, 90]]) {
      const world = await createStory();
      const runs = [takeTurns(delays), takeTurns(delays.toReversed())].map((hook) =>
        verifyTags(world.repository, hookPorts(world.ports, hook)),
      );
      await Promise.allSettled(runs);
      await world.run();
      expect(await outcomeOf(world)).toEqual(EXPECTED);
    }
  });
});
