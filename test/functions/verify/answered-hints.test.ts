import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AnsweredHints,
  createAnsweredHints,
  MAX_CLOCK_DIFFERENCE_MS,
} from '../../../functions/verify/answered-hints.ts';

const START = 1_800_000_000_000;

function createHint(sent: number, received: number, receives = 1) {
  const times = { SentTimestamp: String(sent), ApproximateFirstReceiveTimestamp: String(received) };
  return { attributes: { ...times, ApproximateReceiveCount: String(receives) } };
}

describe('a storm of notices', () => {
  it('of one branch is answered by the one run that began after all of them were sent', async () => {
    const hints = createAnsweredHints();
    let runs = 0;
    const answer = (branch: string, sent: number, received: number) =>
      hints.answer(branch, createHint(sent, received), async () => {
        runs += 1;
      });
    await answer('a@main', START, START + 10_000);
    for (let n = 0; n < 200; n += 1) await answer('a@main', START + 39 * n, START + 10_000 + n);
    expect(runs).toBe(1);
    // What was sent just before or while that run was made may have told of more.
    expect(await answer('a@main', START + 10_000 - MAX_CLOCK_DIFFERENCE_MS, START + 11_000)).toBe(true);
    expect(await answer('b@main', START, START + 11_000)).toBe(true);
  });

  it('leads to another run where the first one failed', async () => {
    const hints = createAnsweredHints();
    const failing = hints.answer('a@main', createHint(START, START + 9_000), () => Promise.reject(new Error('away')));
    await expect(failing).rejects.toThrow('away');
    expect(await hints.answer('a@main', createHint(START, START + 9_001), async () => {})).toBe(true);
  });

  it('does not end one whose own run failed elsewhere, for what that run owes is due still (trust rule 5.5)', async () => {
    const [here, elsewhere] = [createAnsweredHints(), createAnsweredHints()];
    const sent = START + 1_000;
    expect(await here.answer('a@main', createHint(START, START + 9_000), async () => {})).toBe(true);
    // It records a decision, and then its alert cannot be published.
    const failing = elsewhere.answer('a@main', createHint(sent, START + 9_500), () => Promise.reject(new Error('SNS')));
    await expect(failing).rejects.toThrow('SNS');
    expect(await here.answer('a@main', createHint(sent, START + 9_500, 2), async () => {})).toBe(true);
  });

  it('is answered one by one where SQS names no times', async () => {
    const hints = createAnsweredHints();
    const nameless = createHint(Number.NaN, Number.NaN);
    expect(await hints.answer('a@main', createHint(START, START + 9_000), async () => {})).toBe(true);
    expect(await hints.answer('a@main', nameless, async () => {})).toBe(true);
    expect(await hints.answer('a@main', nameless, async () => {})).toBe(true);
  });
});

type Step =
  | { readonly kind: 'push' }
  | { readonly kind: 'notice'; readonly skew: number }
  | { readonly kind: 'pass'; readonly milliseconds: number }
  | { readonly kind: 'receive'; readonly environment: number; readonly skew: number }
  | { readonly kind: 'end'; readonly outcome: 'done' | 'failed' | 'crashed' };

const ENVIRONMENTS = 2;

/** @param skew - how far each of SQS's clocks is off at most */
const stepsOf = (skew: number) =>
  fc.array(
    fc.oneof<fc.Arbitrary<Step>[]>(
      fc.constant({ kind: 'push' }),
      fc.record({ kind: fc.constant('notice'), skew: fc.integer({ min: -skew, max: skew }) }),
      fc.record({ kind: fc.constant('pass'), milliseconds: fc.integer({ min: 0, max: 3_000 }) }),
      fc.record({
        kind: fc.constant('receive'),
        environment: fc.nat(ENVIRONMENTS - 1),
        skew: fc.integer({ min: -skew, max: skew }),
      }),
      fc.record({ kind: fc.constant('end'), outcome: fc.constantFrom('done', 'done', 'failed', 'crashed') }),
    ),
    { maxLength: 80 },
  );

interface Message {
  /** The branch's tip when the notice was sent: it must be published in the end. */
  readonly tip: number;
  readonly sent: number;
  received: number | null;
}

interface Run {
  readonly environment: number;
  end(outcome: 'done' | 'failed'): Promise<void>;
}

/** A branch's group of a FIFO queue, one message in flight at a time, and runs that read the tip when they begin. */
async function play(steps: readonly Step[]): Promise<{ readonly published: number; readonly told: number }> {
  const environments: AnsweredHints[] = Array.from({ length: ENVIRONMENTS }, createAnsweredHints);
  const queue: Message[] = [];
  let [now, tip, told, published] = [START, 0, 0, 0];
  const flight: { run: Run | null } = { run: null };

  async function receive(environment: number, skew: number): Promise<void> {
    const [message] = queue;
    if (flight.run !== null || message === undefined) return;
    message.received ??= now + skew;
    const gate = Promise.withResolvers<void>();
    const began = Promise.withResolvers<void>();
    const hint = createHint(message.sent, message.received);
    const answered = (environments[environment] as AnsweredHints).answer('a@main', hint, async () => {
      const seen = tip;
      began.resolve();
      await gate.promise;
      published = seen;
    });
    const ended = answered.then(
      () => void queue.shift(),
      () => {},
    );
    await Promise.race([began.promise, ended]);
    if (queue[0] !== message) return;
    flight.run = {
      environment,
      end: async (outcome) => {
        if (outcome === 'done') gate.resolve();
        else gate.reject(new Error('The run fails.'));
        await ended;
      },
    };
  }

  for (const step of [...steps]) {
    const current = flight.run;
    if (step.kind === 'push') tip += 1;
    else if (step.kind === 'pass') now += step.milliseconds;
    else if (step.kind === 'notice') {
      queue.push({ tip, sent: now + step.skew, received: null });
      told = tip;
    } else if (step.kind === 'receive') await receive(step.environment, step.skew);
    else if (current !== null) {
      flight.run = null;
      if (step.outcome === 'crashed') environments[current.environment] = createAnsweredHints();
      await current.end(step.outcome === 'done' ? 'done' : 'failed');
    }
  }
  // What is left is received in time, and nothing more fails.
  for (let turn = 0; queue.length > 0; turn += 1) {
    const current = flight.run;
    flight.run = null;
    if (current !== null) await current.end('done');
    else await receive(turn % ENVIRONMENTS, 0);
  }
  return { published, told };
}

describe('whatever comes between', () => {
  it('every push that was told of is published in the end (trust rule 5.2)', async () => {
    const property = fc.asyncProperty(stepsOf(MAX_CLOCK_DIFFERENCE_MS / 2), async (steps) => {
      const { published, told } = await play(steps);
      expect(published).toBeGreaterThanOrEqual(told);
    });
    await fc.assert(property, { numRuns: 5_000 });
  });

  it('which would not be so if clocks could differ by more', async () => {
    const property = fc.asyncProperty(stepsOf(4 * MAX_CLOCK_DIFFERENCE_MS), async (steps) => {
      const { published, told } = await play(steps);
      expect(published).toBeGreaterThanOrEqual(told);
    });
    expect((await fc.check(property, { numRuns: 20_000, seed: 1 })).failed).toBe(true);
  });
});
