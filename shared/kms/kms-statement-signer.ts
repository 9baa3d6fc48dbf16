import { createPublicKey, type KeyObject } from 'node:crypto';
import { GetPublicKeyCommand, type KMSClient, SignCommand } from '@aws-sdk/client-kms';
import { HeadlockError } from '../model/headlock-error.ts';
import { createEnvelope, digestStatement, isSignedBy } from '../statements/dsse.ts';
import { keyIdOf } from '../statements/key-id.ts';
import type { StatementKeyReader, StatementSigner } from './statement-signer.ts';

/**
 * `wrong_statement_key`: the key of KMS is none of ECDSA over P-256, or its signatures are not those of its public key.
 */
export type StatementErrorCode = 'wrong_statement_key';

interface KnownKey {
  readonly keyId: string;
  readonly key: KeyObject;
}

/**
 * Signs by a KMS key of the spec `ECC_NIST_P256` with `ECDSA_SHA_256`. A statement goes there as a digest, and every signature
 * is checked before anybody gets it. The public key is asked for once.
 * @param arn - of the key
 */
export function createKmsStatementSigner(client: KMSClient, arn: string): StatementSigner & StatementKeyReader {
  let known: Promise<KnownKey> | null = null;
  const knowKey = (): Promise<KnownKey> => {
    known ??= readPublicKey(client, arn).catch((error: unknown) => {
      known = null; // Only an answer is kept.
      throw error;
    });
    return known;
  };

  return {
    async sign(statement) {
      const { keyId, key } = await knowKey();
      const { Signature: signature } = await client.send(
        new SignCommand({
          KeyId: arn,
          Message: digestStatement(statement),
          MessageType: 'DIGEST',
          SigningAlgorithm: 'ECDSA_SHA_256',
        }),
      );
      if (signature === undefined || !isSignedBy(key, statement, signature)) throw createWrongKeyError();
      return { keyId, envelope: createEnvelope(statement, keyId, signature) };
    },
    async readKey() {
      const { keyId, key } = await knowKey();
      return { keyId, pem: key.export({ type: 'spki', format: 'pem' }).toString() };
    },
  };
}

async function readPublicKey(client: KMSClient, arn: string): Promise<KnownKey> {
  const { PublicKey: spki } = await client.send(new GetPublicKeyCommand({ KeyId: arn }));
  if (spki === undefined) throw createWrongKeyError();
  const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw createWrongKeyError();
  return { keyId: keyIdOf(spki), key };
}

function createWrongKeyError(): HeadlockError<StatementErrorCode> {
  return new HeadlockError(
    'wrong_statement_key',
    'The KMS key for statements does not sign as ECDSA over P-256 with SHA-256. Name one of the spec ECC_NIST_P256.',
    { kind: 'configuration' },
  );
}
