import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { ServiceCall } from '../../infra/local/services/dispatch.ts';
import { keyOfCall } from './label-call.ts';

interface Written {
  readonly version: number;
  readonly sequence: number;
  readonly trusted: string | null;
}

/** Sees every write that had its effect, and what of the trust rules a single write broke. */
export function createWatch() {
  const latest = new Map<string, Written>();
  const published = new Map<string, string>();
  const alerts = new Map<string, number>();
  const seen = new Set<string>();
  const violations: string[] = [];

  const observeState = (name: string, item: Written): void => {
    const before = latest.get(name) ?? { version: 0, sequence: 0, trusted: null };
    latest.set(name, item);
    const { version, sequence, trusted } = item;
    if (version !== before.version + 1)
      violations.push(`${name}: version ${version} after ${before.version} (rule 5.1)`);
    const raised = sequence - before.sequence;
    if (raised !== 0 && raised !== 1)
      violations.push(`${name}: sequence ${sequence} after ${before.sequence} (rule 5.1)`);
    if (raised === 0 && trusted !== before.trusted) violations.push(`${name}: moved within a sequence (rule 5.1)`);
    if (trusted === null) return;
    const former = published.get(`${name} ${sequence}`);
    if (former !== undefined && former !== trusted) violations.push(`${name}: sequence ${sequence} forked (rule 5.1)`);
    published.set(`${name} ${sequence}`, trusted);
  };

  return {
    observe(call: ServiceCall): void {
      if (call.service === 'SNS') {
        const { id } = JSON.parse((call.input as { Message: string }).Message) as { id: string };
        alerts.set(id, (alerts.get(id) ?? 0) + 1);
        return;
      }
      if (call.operation !== 'PutItem' && call.operation !== 'BatchWriteItem') return;
      const key = keyOfCall(call);
      const [kind = '', repository = ''] = (key?.pk ?? '').split(':');
      if (kind === 'verdict') {
        for (const items of Object.values((call.input as { RequestItems: object }).RequestItems)) {
          for (const { PutRequest } of items) {
            const commit = String(PutRequest.Item.sk.S).split(':')[0] ?? '';
            if (!seen.has(`${repository} ${commit}`)) violations.push(`${repository}: judged before seen (rule 3.1)`);
          }
        }
        return;
      }
      const item = unmarshall((call.input as { Item: Parameters<typeof unmarshall>[0] }).Item);
      if (kind === 'seen') for (const commit of String(item.commits).split(' ')) seen.add(`${repository} ${commit}`);
      if (kind === 'branch') observeState(`${repository}:${item.sk}`, item as Written);
    },
    violations: (repository: string) => violations.filter((each) => each.startsWith(`${repository}:`)),
    /** How often each alert of a repository went out, by its id. */
    alertsOf: (repository: string) => [...alerts].filter(([id]) => id.startsWith(`${repository}:`)),
  };
}
