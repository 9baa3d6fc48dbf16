/**
 * How long the parts of one run of a function may take, in milliseconds where no other unit is named. What they add up to
 * fits into the timeouts of `infra/aws/retry-plan.ts`, which a test holds.
 */

/** All that one decision, or one comparison, asks of a forge. */
export const FORGE_DEADLINE_MS = 50_000;

/** A token of an app: two requests of a few hundred bytes. */
export const APP_TOKEN_TIMEOUT_MS = 10_000;

/** The signatures of one decision. */
export const JUDGING_DEADLINE_MS = 30_000;

/** One step of a long range (trust rule 4.7): one partition of the table takes a thousand small writes a second. */
export const VERDICTS_PER_STEP = 10_000;
export const VERDICT_WRITES_PER_SECOND = 1_000;

/** A decision that somebody else's write overtook is made again in the same run only where so little time has passed. */
export const RESTART_WITHIN_MS = 10_000;

/** One request that tells a forge a commit status, or the token for it. */
export const STATUS_REQUEST_TIMEOUT_MS = 10_000;
/** An app's token that was kept may have been revoked: then all is asked twice. */
export const STATUS_REQUESTS = 4;
