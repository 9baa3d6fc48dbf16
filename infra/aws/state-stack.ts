import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { AnyPrincipal, Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { readConfiguration } from './configuration.ts';

/** What must outlive every deployment: the table and the keys that it cannot be read without. */
export class StateStack extends Stack {
  readonly table: Table;
  /** For data at rest: table, queues, topic. */
  readonly dataKey: Key;
  /** For sealed credentials alone (trust rule 7.1). */
  readonly secretsKey: Key;
  /** Signs statements, and nothing else (trust rule 6.1). */
  readonly statementKey: IKey;

  constructor(scope: Construct, id: string) {
    super(scope, id, {
      description: 'Headlock: what is trusted, and the keys that protect it',
      terminationProtection: true,
    });
    this.dataKey = this.createKey('DataKey', 'data', 'Headlock: table, queues and topic at rest');
    this.secretsKey = this.createKey('SecretsKey', 'secrets', 'Headlock: sealed webhook secrets and forge credentials');
    this.statementKey = this.createStatementKey();
    this.letAlarmsPublish();
    this.demandEncryptionContext();
    this.table = new Table(this, 'Table', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: this.dataKey,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  private createKey(id: string, name: string, description: string): Key {
    const alias = `${readConfiguration(this).installation}/${name}`;
    return new Key(this, id, { alias, description, enableKeyRotation: true, removalPolicy: RemovalPolicy.RETAIN });
  }

  /**
   * KMS rotates no asymmetric key: another one that the context names takes its place. The one that was made here stays, as
   * what it signed still counts, and so does its export: CloudFormation refuses to drop one that the service, which is
   * deployed after this stack, still imports.
   */
  private createStatementKey(): IKey {
    const { installation, statementKeyArn } = readConfiguration(this);
    const own = new Key(this, 'StatementKey', {
      alias: `${installation}/statements`,
      description: 'Headlock: signs statements about trusted revisions',
      keySpec: KeySpec.ECC_NIST_P256,
      keyUsage: KeyUsage.SIGN_VERIFY,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.exportValue(own.keyArn);
    return statementKeyArn === null ? own : Key.fromKeyArn(this, 'OtherStatementKey', statementKeyArn);
  }

  /** CloudWatch's alarms go to the encrypted topic in its own name. */
  private letAlarmsPublish(): void {
    this.dataKey.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: ['*'],
        conditions: { StringEquals: { 'aws:SourceAccount': this.account } },
      }),
    );
  }

  /** Trust rule 7.1: a ciphertext without name and purpose could be opened as something else, so nobody can make or open one. */
  private demandEncryptionContext(): void {
    for (const name of ['headlock:secret', 'headlock:purpose']) {
      this.secretsKey.addToResourcePolicy(
        new PolicyStatement({
          effect: Effect.DENY,
          principals: [new AnyPrincipal()],
          actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*'],
          resources: ['*'],
          conditions: { Null: { [`kms:EncryptionContext:${name}`]: 'true' } },
        }),
      );
    }
  }
}
