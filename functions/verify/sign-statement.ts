import type { BranchState } from '../../shared/model/branch-state.ts';
import { createStatement } from '../../shared/statements/create-statement.ts';
import { deliverDue } from './deliver-due.ts';
import type { VerifyPorts } from './ports.ts';

/** Why no statement could be signed, to be thrown once all else is done; null where it was, or where none is called for. */
export type SigningFault = { readonly cause: unknown } | null;

interface Signing {
  readonly state: BranchState;
  readonly fault: SigningFault;
}

/**
 * Delivers what is due and signs the statement that the branch calls for. Neither waits for the other, and whatever keeps one
 * from being done, the other is (trust rule 5.5). What is signed was recorded before, so a crash at any point is made good by
 * signing the same again.
 */
export async function deliverAndSign(state: BranchState, ports: VerifyPorts): Promise<SigningFault> {
  const signing = signStatement(state, ports);
  try {
    await deliverDue(state, ports, async () => (await signing).state);
  } finally {
    await signing;
  }
  return (await signing).fault;
}

/** Never rejects. */
async function signStatement(state: BranchState, { signer, statements }: VerifyPorts): Promise<Signing> {
  const { ref, trusted, statement: terms } = state;
  // Trust rule 6.1: a statement that tells of another state than the recorded one is not made.
  const statement = terms?.isSigned === false ? createStatement(state) : null;
  if (terms === null || trusted === null || statement === null) return { state, fault: null };
  try {
    const { keyId, envelope } = await signer.sign(statement);
    const { sequence, issuedAt, expires } = terms;
    const signed = { sequence, state: terms.state, revision: trusted.oid, issuedAt, expires, keyId, envelope };
    await statements.put(ref, signed);
    return { state: { ...state, statement: { ...terms, isSigned: true, keyId } }, fault: null };
  } catch (cause) {
    return { state, fault: { cause } };
  }
}
