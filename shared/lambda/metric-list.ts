/** How a metric behaves: a counter only grows; a gauge is as of its latest value; of a histogram each value counts. */
export type MetricKind = 'counter' | 'gauge' | 'histogram';

export interface MetricDescription {
  readonly kind: MetricKind;
  /** As CloudWatch names units. It knows none of days. */
  readonly unit: 'Count' | 'Seconds' | 'None';
  /** By which CloudWatch tells values apart, beside `service`: few values each, for every combination is paid for. */
  readonly dimensions: readonly string[];
  /** By which OpenMetrics tells values apart: the dimensions, and fields of the line that holds the value. */
  readonly labels: readonly string[];
  /** Which function says it. */
  readonly services: readonly string[];
  readonly help: string;
}

/**
 * Every metric (interfaces, part 3). No dimension holds what whoever pushes can choose, as a commit or an address: names of
 * repositories and signatories are the operator's, reasons, causes, providers and outcomes closed lists.
 */
export const METRICS = {
  headlock_commit_verification_failures_total: {
    ...{ kind: 'counter', unit: 'Count', services: ['verify'] },
    dimensions: ['repository', 'reason'],
    labels: ['repository', 'reason'],
    help: 'Commits that were not verified when they were judged for the first time.',
  },
  headlock_commits_verified_total: {
    ...{ kind: 'counter', unit: 'Count', dimensions: [], labels: [], services: ['verify'] },
    help: 'Commits that were verified when they were judged for the first time.',
  },
  headlock_decision_duration_seconds: {
    ...{ kind: 'histogram', unit: 'Seconds', dimensions: [], labels: [], services: ['verify'] },
    help: 'How long it took to decide a branch, from the hint to its record and alerts.',
  },
  headlock_receipt_to_publish_seconds: {
    ...{ kind: 'histogram', unit: 'Seconds', dimensions: [], labels: [], services: ['verify'] },
    help: 'From the receipt of a webhook to the publication of the revision that it told of.',
  },
  headlock_sweep_repairs_total: {
    ...{ kind: 'counter', unit: 'Count', dimensions: [], labels: [], services: ['verify'] },
    help: 'Pushes that the sweep found, though the repository has a webhook.',
  },
  headlock_git_fetch_failure_total: {
    ...{ kind: 'counter', unit: 'Count', services: ['verify', 'compare-refs'] },
    dimensions: ['reason'],
    labels: ['reason'],
    help: 'Questions that a forge did not answer.',
  },
  headlock_branch_locked: {
    ...{ kind: 'gauge', unit: 'None', dimensions: [], services: ['compare-refs'] },
    labels: ['repository', 'branch'],
    help: 'Whether the branch is held: 1 where it is locked or compromised, 0 in a dry run and elsewhere.',
  },
  headlock_trusted_age_seconds: {
    ...{ kind: 'gauge', unit: 'Seconds', dimensions: [], services: ['compare-refs'] },
    labels: ['repository', 'branch'],
    help: 'Since when the trusted revision is what it is.',
  },
  headlock_statement_age_seconds: {
    ...{ kind: 'gauge', unit: 'Seconds', dimensions: [], services: ['compare-refs'] },
    labels: ['repository', 'branch'],
    help: 'Since when the signed statement of the branch was issued; its whole life where one is not signed in time.',
  },
  headlock_key_expiry_days: {
    ...{ kind: 'gauge', unit: 'None', dimensions: ['signatory'], services: ['compare-refs'] },
    labels: ['repository', 'signatory'],
    help: 'Until the first signing key of the signatory ends, of those that do within sixty days.',
  },
  headlock_webhook_deliveries_total: {
    ...{ kind: 'counter', unit: 'Count', services: ['webhook'] },
    dimensions: ['provider', 'outcome'],
    labels: ['provider', 'outcome'],
    help: 'Deliveries of webhooks, and what came of them.',
  },
} as const satisfies Readonly<Record<string, MetricDescription>>;

export type MetricName = keyof typeof METRICS;
