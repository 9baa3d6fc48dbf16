import { Duration } from 'aws-cdk-lib';

const TIMEOUTS = {
  // An HTTP API waits 30 s for an answer. A forge gives up after 10 s, and what it told is queued nevertheless.
  webhook: Duration.seconds(25),
  'trusted-revision': Duration.seconds(25),
  verify: Duration.seconds(120),
  sweep: Duration.seconds(60),
  'compare-refs': Duration.seconds(90),
  'commit-status': Duration.seconds(75),
};

/** How long a message of a function that was cut off stays away: it says so itself in any other case. */
const triple = (timeout: Duration) => Duration.seconds(3 * timeout.toSeconds());

/**
 * How long everything may take and how often it is tried, in one place, because each bound rests on others:
 *
 * - a function outlives what it waits for: the deadlines of `shared/model/time-limits.ts`, and one call of AWS of which all
 *   attempts fail (`shared/aws/client-settings.ts`), so that it sees a fault itself and hands its message back early;
 * - a message stays invisible for longer than its function runs, a few times that; a failure that the function sees shortens
 *   this to seconds (`shared/queue/sqs-message-return.ts`), so one bad run does not hold a branch for long;
 * - what failed too often is set aside with an alarm, long before the queue would drop it.
 *
 * `test/infra/aws/retry-plan.test.ts` holds all of this against the synthesized template.
 */
export const RETRY_PLAN = {
  /** Of functions, by their names. */
  timeouts: TIMEOUTS,

  /** Hints to decide a branch. */
  decisions: {
    visibility: triple(TIMEOUTS.verify),
    /** Deliveries of one hint before it is set aside; the sweep hints again anyway. */
    maxReceives: 5,
    retention: Duration.days(4),
    deadLetterRetention: Duration.days(14),
    /**
     * One message has the whole timeout: a slow forge takes no time from another branch, and a crash fails nothing but its
     * own branch. Order within a branch is the queue's own (one group a branch), whatever the batch.
     */
    batchSize: 1,
    /** A sweep of many branches must leave an account's concurrency to webhooks and agents. */
    maxConcurrency: 10,
  },

  /** Commits of which forges are to be told. */
  statuses: {
    visibility: triple(TIMEOUTS['commit-status']),
    /** Some minutes of a forge that is down, at a minute at most between two attempts, or as long as it asks for. */
    maxReceives: 10,
    retention: Duration.days(4),
    deadLetterRetention: Duration.days(7),
    /** A forge that hangs holds up no other. */
    batchSize: 1,
    maxConcurrency: 5,
  },

  /** The sweep, and the turns of repositories in it. */
  sweep: {
    /** Between one sweep and the next (trust rule 5.2). */
    period: Duration.minutes(5),
    /** A turn that failed comes again no sooner than with the next sweep. */
    visibility: Duration.minutes(5),
    /** Whatever waits for two sweeps is dropped: later ones ask the same. So nothing is set aside here. */
    retention: Duration.minutes(10),
    /** One forge that hangs holds up no other; and a thousand repositories leave an account's concurrency to the rest. */
    batchSize: 1,
    maxConcurrency: 5,
  },

  /** A flight of the canary: three pushes, each of which waits for its decision. The next flight mends what one left. */
  canary: {
    /** For one push to be decided: webhooks take seconds, and the sweep would take minutes. */
    patience: Duration.seconds(100),
    /** Room for all three at their slowest, so that it says itself what it found wrong. Nothing waits for it. */
    timeout: Duration.seconds(400),
  },
} as const;
