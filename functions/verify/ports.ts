import type { AlertTopic } from '../../shared/alerts/alert-topic.ts';
import type { CommitSource, SourceUnreachable } from '../../shared/git/commit-source.ts';
import type { TagSource } from '../../shared/git/tag-source.ts';
import type { StatementSigner } from '../../shared/kms/statement-signer.ts';
import type { BranchLimits } from '../../shared/model/limits.ts';
import type { RepositoryPolicy } from '../../shared/model/policy.ts';
import type { DecisionQueue } from '../../shared/queue/decision-queue.ts';
import type { StatusQueue } from '../../shared/queue/status-queue.ts';
import type { AncestorStore } from '../../shared/store/ancestor-store.ts';
import type { BranchStore } from '../../shared/store/branch-store.ts';
import type { HistoryStore } from '../../shared/store/history-store.ts';
import type { PolicyStore } from '../../shared/store/policy-store.ts';
import type { SeenStore } from '../../shared/store/seen-store.ts';
import type { StatementStore } from '../../shared/store/statement-store.ts';
import type { TagStore } from '../../shared/store/tag-store.ts';
import type { VerdictStore } from '../../shared/store/verdict-store.ts';

/** What a decision needs of the outside. */
export interface VerifyPorts {
  readonly branches: BranchStore;
  readonly policies: PolicyStore;
  readonly history: Omit<HistoryStore, 'pageEvents'>;
  readonly seen: SeenStore;
  readonly ancestors: AncestorStore;
  readonly verdicts: Pick<VerdictStore, 'read' | 'write'>;
  readonly alerts: AlertTopic;
  readonly signer: StatementSigner;
  readonly statements: Pick<StatementStore, 'put'>;
  /** How long a statement counts (trust rule 6.2). */
  readonly statementSeconds: number;
  /** Where it is asked for that the forge is told of a commit (trust rule 5.5). */
  readonly statuses: StatusQueue;
  /** Where the next step of a long range is asked for (trust rule 4.7). */
  readonly queue: DecisionQueue;
  /** One source for each value of the repository's credential, the newest first. */
  openSources(policy: RepositoryPolicy, limits: BranchLimits): Promise<readonly CommitSource[] | SourceUnreachable>;
  now(): Date;
  /** Trust rule 4.4, in seconds. */
  readonly lagSeconds: number;
  /** How many verdicts one run records (trust rule 4.7). */
  readonly verdictsPerStep: number;
}

/** What deciding tags needs of the outside. */
export interface TagPorts
  extends Pick<
    VerifyPorts,
    'policies' | 'history' | 'seen' | 'verdicts' | 'alerts' | 'statuses' | 'queue' | 'now' | 'lagSeconds'
  > {
  readonly tags: TagStore;
  /** As for branches. */
  openSources(policy: RepositoryPolicy, limits: BranchLimits): Promise<readonly TagSource[] | SourceUnreachable>;
  /** How many tags one run judges or changes. */
  readonly tagsPerStep: number;
  /** How many tags of a repository are guarded (trust rule 4.7). */
  readonly maxTags: number;
}
