import type { Provider } from '../model/policy.ts';
import { emitMetrics } from './metrics.ts';

/** What came of a delivery: of those that are refused, the code of the error. */
export type DeliveryCount =
  | 'queued'
  | 'ignored'
  | 'unauthenticated'
  | 'malformed_delivery'
  | 'form_encoded_delivery'
  | 'body_too_large'
  | 'failed';

/** @param provider - as the policy says; null where nobody knows the address that was called */
export function countDelivery(provider: Provider | null, outcome: DeliveryCount): void {
  emitMetrics({ headlock_webhook_deliveries_total: 1 }, { provider: provider ?? 'unknown', outcome });
}
