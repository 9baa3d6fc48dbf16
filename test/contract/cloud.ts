import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';

/** CloudFormation's properties of a queue, without its name. */
export type QueueProperties = Readonly<Record<string, string | number | boolean | object>>;

/** What a contract is checked against: the embedded services, or a real account. What is made is gone after `close`. */
export interface Cloud {
  /** Settings of every client: endpoint, region, credentials. */
  readonly settings: Pick<DynamoDBClientConfig, 'endpoint' | 'region' | 'credentials'>;
  /** A table with the keys `pk` and `sk`, both strings. @returns its name. */
  createTable(): Promise<string>;
  /** A FIFO queue, unless `FifoQueue` is false. */
  createQueue(properties?: QueueProperties): Promise<{ readonly url: string; readonly arn: string }>;
  createTopic(): Promise<string>;
  /** Of the spec `SYMMETRIC_DEFAULT` where nothing is said. @returns its ARN. */
  createKey(spec?: 'ECC_NIST_P256'): Promise<string>;
  /** Lets seconds pass between two steps of a test: on this machine no other time passes for the queues from then on. */
  passTime(seconds: number): Promise<void>;
  /** Until the next request of an operation is taken. An account cannot be watched: there a second has to do. */
  nextTaken(operation: string): Promise<TakenRequest>;
  close(): Promise<void>;
}

export interface TakenRequest {
  /** Until its client is known to be gone. */
  gone(): Promise<void>;
}

export const TABLE_KEYS = {
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'S' },
  ],
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
} as const;
