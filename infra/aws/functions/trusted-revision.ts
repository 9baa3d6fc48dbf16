import { SystemLogLevel } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { FunctionBundle } from '../bundle-function.ts';
import { readConfiguration } from '../configuration.ts';
import { HeadlockFunction } from '../headlock-function.ts';
import { allowItems } from '../item-access.ts';
import { allowReadingTable } from '../key-access.ts';
import { RETRY_PLAN } from '../retry-plan.ts';
import type { ServiceParts } from '../service-parts.ts';

/** Serves what is trusted to agents. It can write nothing. */
export class TrustedRevisionFunction extends HeadlockFunction {
  constructor(scope: Construct, bundle: FunctionBundle, { table, dataKey }: ServiceParts) {
    super(scope, 'TrustedRevision', 'trusted-revision', {
      bundle,
      description: 'Serves trusted revisions to agents',
      timeout: RETRY_PLAN.timeouts['trusted-revision'],
      memoryMegabytes: 512,
      // Agents ask millions of times a day: two lines about each answer would cost as much as the answers.
      systemLogLevel: SystemLogLevel.WARN,
      environment: {
        HEADLOCK_TABLE: table.tableName,
        HEADLOCK_POLL_AFTER_SECONDS: String(readConfiguration(scope).pollAfterSeconds),
      },
      permissions: [
        allowItems(table, ['GetItem'], ['token', 'branch', 'statement', 'tag', 'verdict']),
        allowItems(table, ['Query'], ['branch', 'history']),
        allowReadingTable(dataKey),
      ],
    });
  }
}
