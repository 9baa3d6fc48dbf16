import { HeadlockError } from '../model/headlock-error.ts';

/** The named variables. @throws HeadlockError `missing_environment`, naming all that are missing at once. */
export function readEnvironment<Name extends string>(
  environment: Readonly<Record<string, string | undefined>>,
  names: readonly Name[],
): Readonly<Record<Name, string>> {
  const missing = names.filter((name) => !environment[name]);
  if (missing.length > 0) {
    throw new HeadlockError(
      'missing_environment',
      `The function lacks ${missing.join(', ')} in its environment. Deploy the stack again.`,
      { kind: 'configuration' },
    );
  }
  return Object.fromEntries(names.map((name) => [name, environment[name]])) as Record<Name, string>;
}
