import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Services } from '../../../infra/local/services/start-services.ts';

const HANDLERS = join(import.meta.dirname, '..', '..', '..', 'functions');

/** A value of the right kind for each variable that a function's handler names. Only the table is there. */
export function createEnvironment(name: string, table: string, services: Services): Record<string, string> {
  const { endpoint, region, credentials } = services;
  const handler = name === 'naive' ? '' : readFileSync(join(HANDLERS, name, 'handler.ts'), 'utf8');
  const named = new Set(handler.match(/\bHEADLOCK_\w+/g));
  return {
    ...Object.fromEntries([...named].map((variable) => [variable, placeholderOf(variable, services)])),
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_LAMBDA_FUNCTION_NAME: name,
    POWERTOOLS_LOG_LEVEL: 'SILENT',
    HEADLOCK_TABLE: table,
  };
}

function placeholderOf(variable: string, { endpoint, region }: Services): string {
  if (variable.endsWith('_SECONDS')) return '120';
  if (variable.endsWith('_URL')) return `${endpoint}/000000000000/nothing.fifo`;
  if (variable.endsWith('_KEY_ARN')) return `arn:aws:kms:${region}:000000000000:key/nothing`;
  if (variable.endsWith('_ARN')) return `arn:aws:sns:${region}:000000000000:nothing`;
  return 'nothing';
}
