import { HeadlockError } from '../model/headlock-error.ts';

/**
 * The named variables of a function's environment.
 * @throws HeadlockError `missing_environment` that names every missing one
 */
export function readEnvironment<Name extends string>(
  environment: Readonly<Record<string, string | undefined>>,
  names: readonly Name[],
): Readonly<Record<Name, string>> {
  const missing = names.filter((name) => (environment[name] ?? '') === '');
  if (missing.length > 0) {
    const message = `The function's environment lacks ${missing.join(', ')}. Deploy the stack again: it sets them.`;
    throw new HeadlockError('missing_environment', message, { kind: 'configuration' });
  }
  return Object.fromEntries(names.map((name) => [name, environment[name]])) as Record<Name, string>;
}
