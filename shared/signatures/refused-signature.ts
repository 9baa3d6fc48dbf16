import type { CommitReason, Refusal } from '../model/verdict.ts';
import { createRefusal } from '../model/verdict.ts';

/** Ends the reading of a signature. `verifySignature` turns it into the refusal that it carries; nobody else sees it. */
export class RefusedSignature extends Error {
  readonly refusal: Refusal;

  constructor(reason: CommitReason, message: string, nextStep: string) {
    super(message);
    this.name = 'RefusedSignature';
    this.refusal = createRefusal(reason, message, nextStep);
  }
}
