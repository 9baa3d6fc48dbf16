/** What an installation is called where nothing is said. */
export const DEFAULT_INSTALLATION = 'headlock';

/** Where an installation's name stands: in `cdk.json`, or after `--context`. */
export const INSTALLATION_CONTEXT = 'headlock:installation';

/**
 * Names stacks, aliases, queues, alarms and the HTTP API, so it is what all of them allow. An alias of a key may not start
 * with `aws/`.
 */
export const INSTALLATION_PATTERN = /^(?!aws)[a-z](?:[a-z0-9]|-(?=[a-z0-9])){1,31}$/;

/** The stacks of an installation. Two installations in one account share nothing. */
export function stackNamesOf(installation: string): { readonly state: string; readonly service: string } {
  return { state: `${installation}-state`, service: `${installation}-service` };
}
