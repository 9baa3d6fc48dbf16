import type { RequestContext } from './condition.ts';

/** What a call asks to do, and with what. */
export interface RequestedAccess {
  /** For example `dynamodb:GetItem`. */
  readonly action: string;
  /** Its ARN. */
  readonly resource: string;
  readonly context: RequestContext;
}

/** The name of a table's partition key. */
export type TableKeys = (table: string) => string;

/** Loopback stands for the TLS of AWS. */
export const OVER_TLS: RequestContext = { 'aws:SecureTransport': ['true'] };
