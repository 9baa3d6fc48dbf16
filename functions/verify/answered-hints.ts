/** How far the clocks of two machines of SQS may differ: one stamps when a hint was sent, another when one was received. */
export const MAX_CLOCK_DIFFERENCE_MS = 2_000;

const MAX_BRANCHES = 10_000;

/** A message as Lambda hands it over, as far as it counts here. Times are milliseconds since 1970, by SQS's clocks. */
export interface TimedHint {
  readonly attributes: {
    readonly SentTimestamp: string;
    readonly ApproximateFirstReceiveTimestamp: string;
    readonly ApproximateReceiveCount: string;
  };
}

export interface AnsweredHints {
  /**
   * Runs `decide` for a hint, unless a run that began after the hint was sent has ended well: that run saw all that the hint
   * may have told (trust rule 5.2), so a storm of notices of one branch costs few looks at its forge. A notice that comes
   * while a decision runs leads to another one.
   * @param branch - whom the hint names
   * @returns whether it ran
   */
  answer(branch: string, hint: TimedHint, decide: () => Promise<void>): Promise<boolean>;
}

/**
 * What one execution environment remembers of its own runs. Only SQS's clocks count: a run begins after the message that
 * caused it was received, so it saw what was sent before that. Nothing is written: what is forgotten is decided once more.
 */
export function createAnsweredHints(): AnsweredHints {
  /** By branch, the one whose latest run is the longest ago first: what was sent before this time is answered. Milliseconds since 1970. */
  const answered = new Map<string, number>();
  return {
    async answer(branch, { attributes }, decide) {
      const sent = Number(attributes.SentTimestamp);
      // Of a message that comes again it is too early, which errs on the safe side.
      const received = Number(attributes.ApproximateFirstReceiveTimestamp);
      const until = answered.get(branch);
      // Trust rule 5.5: one that comes again may have failed elsewhere after it recorded something, and owes that still.
      const isFirst = attributes.ApproximateReceiveCount === '1';
      // A time that is none compares as false: then the run is made.
      if (isFirst && until !== undefined && sent + MAX_CLOCK_DIFFERENCE_MS < until) return false;
      await decide();
      answered.delete(branch);
      if (received > 0) answered.set(branch, Math.max(received, until ?? 0));
      for (const oldest of answered.keys()) {
        if (answered.size <= MAX_BRANCHES) break;
        answered.delete(oldest);
      }
      return true;
    },
  };
}
