import { REGION } from '../services/arn.ts';
import { OVER_TLS, type RequestedAccess } from './access.ts';

/** A table, queue or topic that is encrypted with a key of ours. */
export interface EncryptedResource {
  readonly arn: string;
  readonly keyArn: string;
}

/** What a service itself asks of KMS, in the name of its caller, to serve a call. */
interface KeyUse {
  readonly read: readonly string[];
  readonly write: readonly string[];
  readonly isRead: (operation: string) => boolean;
  /** The encryption context that the service gives. */
  readonly contextOf: (name: string, arn: string) => Readonly<Record<string, string>>;
}

const READING_ITEMS = new Set(['GetItem', 'BatchGetItem', 'Query', 'Scan', 'ConditionCheckItem']);

const USES: Readonly<Record<string, KeyUse>> = {
  /**
   * DynamoDB Developer Guide, "DynamoDB encryption at rest: How it works": it opens the table's key as whoever calls, and
   * names for the key's users the least that it needs; the CDK grants of it Decrypt and DescribeKey to those who only read.
   */
  dynamodb: {
    read: ['Decrypt', 'DescribeKey'],
    write: ['Encrypt', 'Decrypt', 'ReEncryptFrom', 'ReEncryptTo', 'GenerateDataKey', 'DescribeKey'],
    isRead: (operation) => READING_ITEMS.has(operation),
    contextOf: (name, arn) => ({
      'aws:dynamodb:tableName': name,
      'aws:dynamodb:subscriberId': arn.split(':')[4] ?? '',
    }),
  },
  /** SQS Developer Guide, "Amazon SQS Key management": a producer makes data keys and checks them, a consumer opens them. */
  sqs: {
    read: ['Decrypt'],
    write: ['GenerateDataKey', 'Decrypt'],
    isRead: (operation) => operation === 'ReceiveMessage',
    contextOf: (_, arn) => ({ 'aws:sqs:arn': arn }),
  },
  /** SNS Developer Guide, "Managing Amazon SNS encryption keys and costs": as a producer of SQS. */
  sns: {
    read: [],
    write: ['GenerateDataKey', 'Decrypt'],
    isRead: () => false,
    contextOf: (_, arn) => ({ 'aws:sns:topicArn': arn }),
  },
};

/** Calls that touch no message need no key. */
const WITHOUT_KEY = /^sqs:(?!SendMessage$|ReceiveMessage$)|^sns:(?!Publish$)/;

/**
 * Prepares what a service asks of the key of one of its resources.
 * @returns for an action such as `sqs:SendMessage`, what its caller must be allowed to do with the key
 */
export function prepareKeyUse({ arn, keyArn }: EncryptedResource): (action: string) => readonly RequestedAccess[] {
  const [, , service = '', , , ...rest] = arn.split(':');
  const use = USES[service];
  if (use === undefined) throw new Error(`Who calls KMS for ${service} is not known here.`);
  const context: Record<string, readonly string[]> = {
    ...OVER_TLS,
    'kms:ViaService': [`${service}.${REGION}.amazonaws.com`],
  };
  const name = rest.join(':').replace(/^table\//, '');
  for (const [key, value] of Object.entries(use.contextOf(name, arn)))
    context[`kms:EncryptionContext:${key}`] = [value];
  const prepare = (actions: readonly string[]) =>
    actions.map((action) => ({ action: `kms:${action}`, resource: keyArn, context }));
  const [reads, writes] = [prepare(use.read), prepare(use.write)];
  return (action) => {
    if (WITHOUT_KEY.test(action)) return [];
    return use.isRead(action.slice(action.indexOf(':') + 1)) ? reads : writes;
  };
}
