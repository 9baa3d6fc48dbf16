import { HeadlockError } from '../../../shared/model/headlock-error.ts';
import type { ResourceProperties } from '../services/resource-properties.ts';
import type { Services } from '../services/start-services.ts';
import { enforceAccessRules } from './access-rules.ts';
import type { Stack } from './assembly.ts';
import { type References, resolve } from './resolve-intrinsics.ts';
import { type Attributes, IGNORED_TYPES, MAKERS, type Resources } from './resource-types.ts';

export interface Deployment extends Pick<Resources, 'functions' | 'routes' | 'mappings' | 'schedules'> {
  /** @throws HeadlockError `unsupported_resource` where no stack puts it out */
  readOutput(name: string): string;
}

/**
 * Makes every resource of the stacks that has a meaning on this machine, each when something first refers to it.
 * @throws HeadlockError `unsupported_resource` for what is not known here
 */
export async function deployStacks(stacks: readonly Stack[], services: Services): Promise<Deployment> {
  const resources: Resources = {
    ...{ tables: [], functions: [], logs: [], routes: [], mappings: [], schedules: [] },
    ...{ roles: new Map(), principals: [], resourcePolicies: [], encrypted: [] },
  };
  const names = new Map<string, string>();
  const made = new Map<string, Attributes | 'in progress'>();

  function make(stack: Stack, logicalId: string): Attributes {
    const defaultName = `${stack.name}-${logicalId}`;
    const known = made.get(defaultName);
    if (known === 'in progress') throw new Error('It refers to itself.');
    if (known !== undefined) return known;
    made.set(defaultName, 'in progress');
    const { Type: type, Properties } = stack.resources[logicalId] ?? { Type: 'nothing' };
    const maker = MAKERS[type];
    if (maker === undefined) throw new Error(`${logicalId} is of type ${type}, which does not run here.`);
    const properties = resolve(Properties, referencesOf(stack)) as ResourceProperties;
    const attributes = maker(properties, { services, resources, defaultName, codeFolders: stack.codeFolders });
    made.set(defaultName, attributes);
    names.set(attributes.Arn ?? attributes.Ref ?? '', logicalId);
    return attributes;
  }

  function referencesOf(stack: Stack): References {
    return {
      attribute(logicalId, name) {
        const value = make(stack, logicalId)[name];
        if (value === undefined) throw new Error(`${logicalId} has no attribute ${name} here.`);
        return value;
      },
      importValue: (exportName) => readOutput((output) => output.Export?.Name === exportName),
    };
  }

  function readOutput(isWanted: (output: Stack['outputs'][string], name: string) => boolean): unknown {
    for (const stack of stacks) {
      const found = Object.entries(stack.outputs).find(([name, output]) => isWanted(output, name));
      if (found !== undefined) return resolve(found[1].Value, referencesOf(stack));
    }
    throw new Error('No stack puts it out.');
  }

  for (const stack of stacks) {
    for (const [logicalId, { Type }] of Object.entries(stack.resources)) {
      if (!IGNORED_TYPES.test(Type)) attempt(`${stack.name}.${logicalId}`, () => make(stack, logicalId));
    }
  }
  for (const table of resources.tables) await services.createTable(table);
  attempt('permissions', () => enforceAccessRules(resources, names, services));
  return {
    ...resources,
    readOutput: (wanted) => String(attempt(wanted, () => readOutput((_, name) => name === wanted))),
  };
}

function attempt<Result>(what: string, action: () => Result): Result {
  try {
    return action();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `The template's ${what} does not run on this machine: ${reason} Change infra/aws, or teach it to infra/local.`;
    throw new HeadlockError('unsupported_resource', message, { kind: 'configuration', cause });
  }
}
