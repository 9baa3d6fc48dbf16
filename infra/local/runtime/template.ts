import { HeadlockError } from '../../../shared/model/headlock-error.ts';
import type { Services } from '../services/start-services.ts';
import type { Stack } from './assembly.ts';
import { NO_VALUE, type References, resolve } from './resolve-intrinsics.ts';
import { IGNORED_TYPES, MAKERS, type Made, type Making, type Running } from './resource-types.ts';

export interface Template {
  /** Makes every resource of every stack that has a meaning on this machine. */
  makeAll(): Promise<Running>;
  /** An output's value. What it refers to is made, and nothing else. */
  readOutput(name: string): Promise<string>;
}

/**
 * The stacks of an assembly as one template. Each resource is made once, when something first refers to it.
 * Its promises reject with a HeadlockError `unsupported_resource` for what is not known here.
 */
export function createTemplate(
  stacks: readonly Stack[],
  services: Services,
  createFunction: Making['createFunction'],
): Template {
  const running: Running = { functions: [], routes: [], mappings: [], rules: [] };
  const made = new Map<string, Made | 'in progress'>();

  async function make(stack: Stack, logicalId: string): Promise<Made> {
    const defaultName = `${stack.name}-${logicalId}`;
    const known = made.get(defaultName);
    if (known === 'in progress') throw new Error('It refers to itself.');
    if (known !== undefined) return known;
    made.set(defaultName, 'in progress');
    const resource = stack.resources[logicalId];
    const maker = MAKERS[resource?.Type ?? ''];
    if (maker === undefined) throw new Error(`${logicalId} is of type ${resource?.Type}, which does not run here.`);
    // These refer to what is ignored here; a reference from anywhere else to such a thing is refused.
    const { Role: _, LoggingConfig: __, ...used } = resource?.Properties ?? {};
    const properties = (await resolve(used, referencesOf(stack))) as Readonly<Record<string, unknown>>;
    const { codeFolders } = stack;
    const result = await maker(properties, { services, running, createFunction, defaultName, codeFolders });
    made.set(defaultName, result);
    return result;
  }

  function referencesOf(stack: Stack): References {
    const pseudoParameters = createPseudoParameters(stack.name, services);
    return {
      ref: async (name) => pseudoParameters.get(name) ?? (await make(stack, name)).ref,
      attribute: async (logicalId, attribute) => {
        const value = (await make(stack, logicalId)).attributes[attribute];
        if (value === undefined) throw new Error(`${logicalId} has no attribute ${attribute} here.`);
        return value;
      },
      importValue: (exportName) => resolveOutput(({ Export }) => Export?.Name === exportName, exportName),
    };
  }

  async function resolveOutput(
    isWanted: (output: Stack['outputs'][string], name: string) => boolean,
    description: string,
  ): Promise<unknown> {
    for (const stack of stacks) {
      const output = Object.entries(stack.outputs).find(([name, candidate]) => isWanted(candidate, name));
      if (output !== undefined) return resolve(output[1].Value, referencesOf(stack));
    }
    throw new Error(`No stack has the output ${description}.`);
  }

  return {
    makeAll: async () => {
      for (const stack of stacks) {
        for (const [logicalId, { Type }] of Object.entries(stack.resources)) {
          if (!IGNORED_TYPES.has(Type))
            await make(stack, logicalId).catch((cause) => refuse(`${stack.name}.${logicalId}`, cause));
        }
      }
      return running;
    },
    readOutput: async (wanted) => {
      const value = resolveOutput((_, name) => name === wanted, wanted).catch((cause) => refuse(wanted, cause));
      return String(await value);
    },
  };
}

function createPseudoParameters(stackName: string, { region, accountId }: Services): ReadonlyMap<string, unknown> {
  return new Map<string, unknown>([
    ['AWS::AccountId', accountId],
    ['AWS::NoValue', NO_VALUE],
    ['AWS::Partition', 'aws'],
    ['AWS::Region', region],
    ['AWS::StackId', `arn:aws:cloudformation:${region}:${accountId}:stack/${stackName}/local`],
    ['AWS::StackName', stackName],
    ['AWS::URLSuffix', 'amazonaws.com'],
  ]);
}

function refuse(what: string, cause: unknown): never {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `The template's ${what} does not run on this machine: ${reason} Change infra/aws, or teach it to infra/local.`;
  throw new HeadlockError('unsupported_resource', message, { kind: 'configuration', cause });
}
