import type { Timestamp } from '../model/branch-state.ts';

/** An agent's token. Only the SHA-256 of its text is ever stored. */
export interface AgentToken {
  readonly sha256: string;
  readonly name: string;
  readonly repositories: readonly string[];
  readonly created: Timestamp;
  readonly expires: Timestamp | null;
  readonly revoked: Timestamp | null;
}

export interface TokenStore {
  read(sha256: string): Promise<AgentToken | null>;
  list(): Promise<readonly AgentToken[]>;
  create(token: AgentToken): Promise<void>;
  revoke(sha256: string, at: Timestamp): Promise<void>;
}
