/** One price of AWS in US East (N. Virginia), in US dollars, without free tiers. */
export interface Price {
  readonly usd: number;
  readonly per: number;
  readonly unit: string;
  /** Where it was read, and when; `unconfirmed` where only from memory of the price list. */
  readonly source: string;
}

/** Checked on 2026-11-22. A price that changed is changed here, then `npm run cost -- --write`. */
export const PRICES = {
  gateway: {
    usd: 1,
    per: 1e6,
    unit: 'HTTP API requests, first 300 million',
    source: 'docs.aws.amazon.com, whitepaper on private API Gateway APIs',
  },
  gatewayMore: { usd: 0.9, per: 1e6, unit: 'HTTP API requests, from 300 million', source: 'the same' },
  invocations: { usd: 0.2, per: 1e6, unit: 'Lambda requests', source: 'several pages of 2025, which agree' },
  compute: {
    usd: 0.0000133334,
    per: 1,
    unit: 'GB-seconds, arm64',
    source: 'unconfirmed (x86 confirmed: 0.0000166667)',
  },
  readUnits: {
    usd: 0.125,
    per: 1e6,
    unit: 'DynamoDB read request units',
    source: 'airbyte.com, 2025-07-21, after the reduction of November 2024',
  },
  writeUnits: { usd: 0.625, per: 1e6, unit: 'DynamoDB write request units', source: 'the same' },
  storage: {
    usd: 0.45,
    per: 1,
    unit: 'GB-months of table and point-in-time recovery',
    source: 'unconfirmed (0.25 and 0.20)',
  },
  fifo: { usd: 0.5, per: 1e6, unit: 'SQS FIFO requests', source: 'cloudburn.io, 2026-03-14' },
  standard: { usd: 0.4, per: 1e6, unit: 'SQS standard requests', source: 'cloudburn.io, 2026-03-14' },
  key: { usd: 1, per: 1, unit: 'KMS keys a month', source: 'aws.amazon.com/kms/pricing' },
  kms: { usd: 0.03, per: 1e4, unit: 'KMS requests, symmetric', source: 'factualminds.com, 2026-06-13' },
  signatures: {
    usd: 0.15,
    per: 1e4,
    unit: 'KMS signatures, ECC_NIST_P256',
    source: 'factualminds.com, 2026-06-13: five times the symmetric price; wring.co says the same price',
  },
  alerts: { usd: 0.5, per: 1e6, unit: 'SNS publishes', source: 'unconfirmed' },
  logs: { usd: 0.5, per: 1, unit: 'GB of logs taken in', source: 'factualminds.com, 2026-06-13' },
  metric: { usd: 0.3, per: 1, unit: 'CloudWatch metrics a month', source: 'signoz.io, 2026-02-15' },
  alarm: { usd: 0.1, per: 1, unit: 'CloudWatch alarms a month', source: 'unconfirmed' },
  dashboard: { usd: 3, per: 1, unit: 'CloudWatch dashboards a month', source: 'factualminds.com, 2026-06-13' },
  transfer: { usd: 0.09, per: 1, unit: 'GB sent to the internet', source: 'apigatewaycost.com' },
} as const satisfies Readonly<Record<string, Price>>;

export type Priced = keyof typeof PRICES;
