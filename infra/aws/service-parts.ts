import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Network } from './network.ts';

/** What the functions and the operators work on. */
export interface ServiceParts {
  readonly table: Table;
  readonly dataKey: IKey;
  readonly secretsKey: IKey;
  readonly statementKey: IKey;
  readonly queue: IQueue;
  readonly statusQueue: IQueue;
  /** What failed too often of both. */
  readonly deadLetters: readonly IQueue[];
  readonly sweepQueue: IQueue;
  readonly topic: ITopic;
  readonly network: Network;
}
