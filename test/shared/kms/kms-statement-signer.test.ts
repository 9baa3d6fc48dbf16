import { SignCommand, type SignCommandInput } from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import { createKmsClient } from '../../../shared/kms/kms-client.ts';
import { createKmsStatementSigner } from '../../../shared/kms/kms-statement-signer.ts';
import { createStatement, type Statement } from '../../../shared/statements/create-statement.ts';
import { useEmbeddedServices } from '../../support/embedded-services.ts';
import { createStatedBranch, openEnvelope, readPayload, STATEMENT_KEY } from '../../support/statements.ts';

const services = useEmbeddedServices();

/** A signer on the embedded KMS, with the commands that it sent. `onSign` stands in for an answer of Sign. */
function createSigner(
  { id, properties }: { id: string; properties: Record<string, string> },
  onSign?: () => Uint8Array | undefined,
) {
  const client = createKmsClient();
  const sent: string[] = [];
  const inputs: SignCommandInput[] = [];
  client.middlewareStack.add(
    (next, context) => async (args) => {
      sent.push(context.commandName ?? '');
      if (context.commandName !== SignCommand.name) return next(args);
      inputs.push(args.input as SignCommandInput);
      const result = await next(args);
      if (onSign !== undefined) Object.assign(result.output, { Signature: onSign() });
      return result;
    },
    { step: 'initialize' },
  );
  return { sent, inputs, signer: createKmsStatementSigner(client, services().createKey(id, properties).arn) };
}

const STATEMENTS = { id: 'StatementKey', properties: STATEMENT_KEY };

function statementOf(branch: string): Statement {
  const statement = createStatement(createStatedBranch({ ref: { repository: 'payments', branch } }));
  if (statement === null) throw new Error('No statement.');
  return statement;
}

describe('createKmsStatementSigner', () => {
  it('signs statements by KMS, whatever their length, and asks once for the public key', async () => {
    const { signer, sent, inputs } = createSigner(STATEMENTS);
    const { keyId, pem } = await signer.readKey();
    expect(pem).toMatch(/^-----BEGIN PUBLIC KEY-----\n/);
    for (const branch of ['main', 'x'.repeat(5000)]) {
      const statement = statementOf(branch);
      const signed = await signer.sign(statement);
      expect(signed.keyId).toBe(keyId);
      expect(openEnvelope(signed.envelope, pem)).toEqual(readPayload(statement.payload));
    }
    expect(sent).toEqual(['GetPublicKeyCommand', 'SignCommand', 'SignCommand']);
    for (const { MessageType, SigningAlgorithm, Message } of inputs) {
      expect([MessageType, SigningAlgorithm, Message?.length]).toEqual(['DIGEST', 'ECDSA_SHA_256', 32]);
    }
  });

  it('gives nothing away that its public key does not verify', async () => {
    for (const answer of [undefined, new Uint8Array(), Buffer.from('3006020101020101', 'hex')]) {
      const { signer } = createSigner(STATEMENTS, () => answer);
      await expect(signer.sign(statementOf('main'))).rejects.toMatchObject({ code: 'wrong_statement_key' });
    }
  });

  it('asks again after a failure', async () => {
    const { signer, sent } = createSigner({ id: 'SecretsKey', properties: {} });
    await expect(signer.sign(statementOf('main'))).rejects.toMatchObject({ name: 'UnsupportedOperationException' });
    await expect(signer.readKey()).rejects.toMatchObject({ name: 'UnsupportedOperationException' });
    expect(sent).toEqual(['GetPublicKeyCommand', 'GetPublicKeyCommand']);
  });
});
