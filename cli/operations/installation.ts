import type { SecretVault } from '../../shared/kms/secret-vault.ts';
import type { StatementKeyReader } from '../../shared/kms/statement-signer.ts';
import type { DeadLetterQueue } from '../../shared/queue/dead-letter-queue.ts';
import type { DecisionQueue } from '../../shared/queue/decision-queue.ts';
import type { BranchStore } from '../../shared/store/branch-store.ts';
import type { SequenceFloor } from '../../shared/store/dynamo-sequence-floor.ts';
import type { HistoryStore } from '../../shared/store/history-store.ts';
import type { PolicyStore } from '../../shared/store/policy-store.ts';
import type { SecretStore } from '../../shared/store/secret-store.ts';
import type { TagStore } from '../../shared/store/tag-store.ts';
import type { TokenStore } from '../../shared/store/token-store.ts';
import type { VerdictStore } from '../../shared/store/verdict-store.ts';

/** What operators' commands act on. */
export interface Installation {
  /** Of the HTTP API; null where no instance runs. */
  readonly apiUrl: string | null;
  /** Who acts, for the audit trail. */
  readonly operator: string;
  readonly branches: BranchStore;
  readonly tags: TagStore;
  readonly policies: PolicyStore;
  readonly verdicts: Pick<VerdictStore, 'find'>;
  readonly history: Pick<HistoryStore, 'pageEvents'>;
  readonly secrets: SecretStore;
  readonly tokens: TokenStore;
  readonly vault: SecretVault;
  readonly statementKey: StatementKeyReader;
  readonly queue: DecisionQueue;
  readonly floor: Pick<SequenceFloor, 'read'>;
  /** Hints at branches, and what forges are to be told, that failed too often. */
  readonly deadLetters: { readonly decisions: DeadLetterQueue; readonly statuses: DeadLetterQueue };
  close(): Promise<void>;
}
