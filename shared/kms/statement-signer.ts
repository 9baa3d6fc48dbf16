import type { Statement } from '../statements/create-statement.ts';

/** The public half of the key that signs statements. */
export interface StatementKey {
  /** As `keyIdOf` gives it. */
  readonly keyId: string;
  /** SubjectPublicKeyInfo. */
  readonly pem: string;
}

/** Signs statements, and no other bytes (trust rule 6.1). */
export interface StatementSigner {
  /** @returns the DSSE envelope in JSON, and which key signed it. */
  sign(statement: Statement): Promise<{ readonly keyId: string; readonly envelope: string }>;
}

/** Tells agents' operators what to pin (trust rule 6.2). */
export interface StatementKeyReader {
  readKey(): Promise<StatementKey>;
}
