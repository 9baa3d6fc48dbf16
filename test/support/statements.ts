import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import type { StatementKey, StatementSigner } from '../../shared/kms/statement-signer.ts';
import type { BranchState } from '../../shared/model/branch-state.ts';
import type { AppliedPolicy } from '../../shared/model/policy.ts';
import type { Proof, StatementTerms } from '../../shared/model/statement.ts';
import { EXTENSION } from '../../shared/statements/create-statement.ts';
import { createEnvelope } from '../../shared/statements/dsse.ts';
import { createLockedBranchState } from './branch-states.ts';
import { createPolicy } from './policies.ts';
import { oidOf } from './small-history.ts';

/** CloudFormation's properties of a key that signs statements. */
export const STATEMENT_KEY = { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' } as const;

export const ISSUED_AT = '2026-11-21T10:15:00.000Z';

/** Version 1, that the branches below were decided by. */
export const APPLIED: AppliedPolicy = { version: 1, policy: createPolicy('payments'), signatories: [] };

const PROOF: Proof = {
  ...{ previous: oidOf('a'), mode: 'all', keyTime: 'first-seen', since: 1, isWhole: true },
  tree: oidOf('e'),
};

const TERMS: StatementTerms = {
  ...{ sequence: 1, state: 'Trusted' },
  policy: {
    version: 1,
    verifier: 'https://headlock.example.com/test',
    url: 'https://forge.example.com/payments.git',
    sha256: '0'.repeat(64),
  },
  issuedAt: ISSUED_AT,
  renewAt: '2026-11-21T22:15:00.000Z',
  expires: '2026-11-22T10:15:00.000Z',
  isSigned: false,
  keyId: null,
};

/** A branch that calls for a statement about its first revision. */
export function createStatedBranch(
  changes: Partial<BranchState> = {},
  terms: Partial<StatementTerms> = {},
  proof: Partial<Proof> = {},
): BranchState {
  const statement = { ...TERMS, ...terms };
  return createLockedBranchState({ lock: null, proof: { ...PROOF, ...proof }, statement, ...changes });
}

/** What a statement says, as far as tests ask. */
export interface ReadStatement {
  readonly _type: string;
  readonly predicateType: string;
  readonly subject: readonly { readonly digest: Record<string, string>; readonly annotations: object }[];
  readonly predicate: Record<string, unknown> & {
    readonly timeVerified: string;
    readonly verificationResult: string;
    readonly verifiedLevels: readonly string[];
    readonly [EXTENSION]: Record<string, unknown> & {
      readonly sequence: number;
      readonly since: number;
      readonly state: string;
      readonly expires: string;
      readonly previousRevision: string | null;
    };
  };
}

export function readPayload(payload: Uint8Array): ReadStatement {
  return JSON.parse(Buffer.from(payload).toString('utf8')) as ReadStatement;
}

/** What an envelope holds, whoever signed it. */
export function readEnvelope(text: string): ReadStatement {
  return readPayload(Buffer.from(JSON.parse(text).payload, 'base64'));
}

/** An envelope, opened as DSSE's protocol has it, by none of the project's code. @throws where it does not verify */
export function openEnvelope(text: string, pem: string): ReadStatement {
  const { payload, payloadType, signatures } = JSON.parse(text);
  const [{ sig, keyid }] = signatures;
  const body = Buffer.from(payload, 'base64');
  const signed = Buffer.from(
    `DSSEv1 ${payloadType.length} ${payloadType} ${body.length} ${body.toString('latin1')}`,
    'latin1',
  );
  const isSigned = verify('sha256', signed, { key: pem, dsaEncoding: 'der' }, Buffer.from(sig, 'base64'));
  if (!isSigned || keyid !== idOf(createPublicKey(pem))) throw new Error('The envelope does not verify.');
  return readPayload(body);
}

function idOf(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

/** Signs by a key of this process. */
export function createLocalSigner(): StatementSigner & StatementKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const keyId = idOf(publicKey);
  return {
    keyId,
    pem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    async sign(statement) {
      const { payload } = statement;
      const type = 'application/vnd.in-toto+json';
      const signed = Buffer.concat([Buffer.from(`DSSEv1 ${type.length} ${type} ${payload.length} `), payload]);
      return { keyId, envelope: createEnvelope(statement, keyId, sign('sha256', signed, privateKey)) };
    },
  };
}
