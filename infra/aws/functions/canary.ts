import { Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { FunctionBundle } from '../bundle-function.ts';
import type { CanarySettings } from '../canary-settings.ts';
import { HeadlockFunction } from '../headlock-function.ts';
import { allowItems } from '../item-access.ts';
import { allowOpeningSecrets, allowReadingTable } from '../key-access.ts';
import { RETRY_PLAN } from '../retry-plan.ts';
import { runOnSchedule } from '../run-on-schedule.ts';
import type { ServiceParts } from '../service-parts.ts';

/** Proves from end to end that a signed commit is trusted and that an unsigned one locks. It can write nothing of Headlock's. */
export class CanaryFunction extends HeadlockFunction {
  constructor(
    scope: Construct,
    bundle: FunctionBundle,
    { table, dataKey, secretsKey, network }: ServiceParts,
    { repository, branch, username, passwordSecret, keySecret, everyMinutes }: CanarySettings,
  ) {
    super(scope, 'Canary', 'canary', {
      bundle,
      description: 'Pushes a signed and an unsigned commit to a branch of its own, and looks what comes of them',
      timeout: RETRY_PLAN.canary.timeout,
      memoryMegabytes: 256,
      network,
      environment: {
        HEADLOCK_TABLE: table.tableName,
        HEADLOCK_CANARY_REPOSITORY: repository,
        HEADLOCK_CANARY_BRANCH: branch,
        HEADLOCK_CANARY_USERNAME: username,
        HEADLOCK_CANARY_PASSWORD_SECRET: passwordSecret,
        HEADLOCK_CANARY_KEY_SECRET: keySecret,
        HEADLOCK_CANARY_PATIENCE_SECONDS: String(RETRY_PLAN.canary.patience.toSeconds()),
      },
      permissions: [
        allowItems(table, ['GetItem'], ['policy', 'branch', 'secret']),
        allowReadingTable(dataKey),
        allowOpeningSecrets(secretsKey, 'canary'),
      ],
    });
    // What one flight finds wrong is told at once; the next one mends what it left.
    runOnSchedule(this, Duration.minutes(everyMinutes), 'Headlock: the canary');
  }
}
