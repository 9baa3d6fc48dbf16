import type { Construct } from 'constructs';
import { readConfiguration } from './configuration.ts';

/** For functions that measure: what the canary does sets off no alarm but its own. */
export function nameCanary(scope: Construct): { readonly HEADLOCK_CANARY_REPOSITORY?: string } {
  const { canary } = readConfiguration(scope);
  return canary === null ? {} : { HEADLOCK_CANARY_REPOSITORY: canary.repository };
}
