import type { Installation } from './installation.ts';

/** Where an installation is: on AWS where `stack` names it, else in the data folder. */
export interface Whereabouts {
  readonly data: string;
  readonly stack?: string | undefined;
}

/**
 * Opens an installation for one piece of work: the one that is deployed under the name of `stack`, or that of the data
 * folder: of the instance that runs on it, or else the folder itself.
 * @throws HeadlockError `no_data_folder`, `data_folder_in_use`, or as `findDeployment` and `explainAwsError`
 */
export async function withInstallation<T>(
  { data, stack }: Whereabouts,
  work: (installation: Installation) => Promise<T>,
): Promise<T> {
  if (stack !== undefined) return withDeployedInstallation(stack, work);
  const [{ openConnection }, { createInstallation }] = await Promise.all([
    import('../../infra/local/connection.ts'),
    import('./open-installation.ts'),
  ]);
  const connection = await openConnection(data);
  const installation = createInstallation(connection);
  try {
    return await work(installation);
  } finally {
    await installation.close();
    await connection.close();
  }
}

async function withDeployedInstallation<T>(name: string, work: (installation: Installation) => Promise<T>): Promise<T> {
  const [{ findDeployment }, { explainAwsError }, { createInstallation }] = await Promise.all([
    import('../aws/find-deployment.ts'),
    import('../aws/explain-aws-error.ts'),
    import('./open-installation.ts'),
  ]);
  const { caller, outputs } = await findDeployment(name);
  const parts = {
    apiUrl: outputs.ApiUrl.replace(/\/$/, ''),
    tableName: outputs.TableName,
    queueUrl: outputs.QueueUrl,
    deadLetterUrls: { decisions: outputs.DecisionsDeadLettersUrl, statuses: outputs.StatusesDeadLettersUrl },
    secretsKeyArn: outputs.SecretsKeyArn,
    statementKeyArn: outputs.StatementKeyArn,
  };
  const installation = createInstallation(parts, caller.arn);
  try {
    return await work(installation);
  } catch (error) {
    throw explainAwsError(error, { operatorPolicy: outputs.OperatorPolicyArn });
  } finally {
    await installation.close();
  }
}
