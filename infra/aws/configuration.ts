import type { Construct } from 'constructs';
import { z } from 'zod';
import { type CanarySettings, canarySchema } from './canary-settings.ts';
import { FUNCTION_NAMES, type FunctionName } from './function-names.ts';
import { DEFAULT_INSTALLATION, INSTALLATION_PATTERN } from './installation.ts';
import { type Network, networkSchema } from './network.ts';
import { RETRY_PLAN } from './retry-plan.ts';

/** How many requests API Gateway lets through: `rate` a second, and `burst` at once. */
export interface Throttle {
  readonly rate: number;
  readonly burst: number;
}

/** What an installation may be told: in the context, each under `headlock:` and its name. */
export interface Configuration {
  /**
   * Names all that has a name: several installations in one account share nothing.
   * @default "headlock"
   */
  readonly installation: string;
  /**
   * Where the functions run that call forges: subnets and security groups of a VPC, a proxy.
   * @default {}
   */
  readonly network: Network;
  /**
   * Requests to the HTTP API: deliveries of forges, polls of agents, what they verify after a change, and each other
   * route. Apart, so that agents cannot keep forges out.
   * @default {"webhooks":{"rate":500,"burst":500},"polls":{"rate":1200,"burst":400},"attestations":{"rate":500,"burst":200},"others":{"rate":30,"burst":30}}
   */
  readonly throttles: Readonly<Record<'webhooks' | 'polls' | 'attestations' | 'others', Throttle>>;
  /**
   * How long agents are asked to wait between two polls, in seconds. Requests of agents are what most of a bill is for.
   * @default 30
   */
  readonly pollAfterSeconds: number;
  /**
   * Runs at once that a function has for itself, by its name, and never more than that. Not fewer than its queue feeds: 10 of
   * verify, 5 of commit-status and of compare-refs.
   * @default {}
   */
  readonly reservedConcurrency: Readonly<Partial<Record<FunctionName, number>>>;
  /**
   * How long the functions' logs are kept.
   * @default 90
   */
  readonly logRetentionDays: number;
  /**
   * How long the access log of the HTTP API is kept, in which callers' addresses are.
   * @default 30
   */
  readonly accessLogRetentionDays: number;
  /**
   * Gets every alert, after its owner has confirmed it.
   * @default null
   */
  readonly alertEmail: string | null;
  /**
   * Proves now and then, on a branch of its own, that a signed commit is trusted and that an unsigned one locks.
   * @default null
   */
  readonly canary: CanarySettings | null;
  /**
   * A key of the spec ECC_NIST_P256 that signs statements in place of the one that is made here: to move on to another key.
   * @default null
   */
  readonly statementKeyArn: string | null;
  /**
   * Whether X-Ray records how long the functions take.
   * @default false
   */
  readonly tracing: boolean;
  /**
   * Put on all resources, beside `application` and `headlock:installation`.
   * @default {}
   */
  readonly tags: Readonly<Record<string, string>>;
}

const PREFIX = 'headlock:';

/** What CloudWatch Logs can keep logs for. */
const RETENTION_DAYS = [
  ...[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
] as const;
const retention = z.literal(RETENTION_DAYS, { error: `CloudWatch Logs knows ${RETENTION_DAYS.join(', ')} days.` });

const throttle = (defaults: Throttle) =>
  z.strictObject({ rate: z.number().positive(), burst: z.int().positive() }).default(defaults);

/** As many runs as its queue feeds at once: what Lambda refuses beyond is another failed receipt of a message, up to the dead letters. */
const FED_AT_ONCE = new Map<string, number>([
  ['verify', RETRY_PLAN.decisions.maxConcurrency],
  ['commit-status', RETRY_PLAN.statuses.maxConcurrency],
  ['compare-refs', RETRY_PLAN.sweep.maxConcurrency],
]);

function leaveRoomForQueues(reserved: Configuration['reservedConcurrency'], context: z.core.$RefinementCtx): void {
  for (const [name, runs] of Object.entries(reserved)) {
    const least = FED_AT_ONCE.get(name) ?? 1;
    if (runs >= least) continue;
    const message = `Reserve ${least} at least: as many are fed to it at once, and what is refused beyond counts as failed.`;
    context.addIssue({ code: 'custom', path: [name], message });
  }
}

const SCHEMA = z.strictObject({
  installation: z
    .string()
    .regex(INSTALLATION_PATTERN, {
      error:
        'Take 2 to 32 lower-case letters, digits and single hyphens, with a letter first and no hyphen last, and not `aws` first.',
    })
    .default(DEFAULT_INSTALLATION),
  network: networkSchema,
  throttles: z
    .strictObject({
      // 10,000 deliveries a minute, three times over. What is refused is found by the sweep.
      webhooks: throttle({ rate: 500, burst: 500 }),
      // 1,000 polls a second and some. All routes together stay within the smallest quota that an account begins with.
      polls: throttle({ rate: 1200, burst: 400 }),
      attestations: throttle({ rate: 500, burst: 200 }),
      others: throttle({ rate: 30, burst: 30 }),
    })
    .prefault({}),
  pollAfterSeconds: z.int().min(5).max(3600).default(30),
  reservedConcurrency: z
    .partialRecord(z.enum(FUNCTION_NAMES), z.int().positive())
    .superRefine(leaveRoomForQueues)
    .default({}),
  logRetentionDays: retention.default(90),
  accessLogRetentionDays: retention.default(30),
  alertEmail: z.email().nullable().default(null),
  canary: canarySchema,
  statementKeyArn: z
    .string()
    .regex(/^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/, {
      error: 'Write the ARN of a KMS key, not of an alias.',
    })
    .nullable()
    .default(null),
  tracing: z.boolean().default(false),
  tags: z.record(z.string().regex(/^(?!aws:).{1,128}$/), z.string().max(256)).default({}),
});

/** Every name that the context may hold after `headlock:`. */
export const CONFIGURATION_NAMES = Object.keys(SCHEMA.shape) as readonly (keyof Configuration)[];

/**
 * Reads what the context says under `headlock:…`, in `cdk.json` as JSON, after `--context` as JSON in one argument.
 *
 * @throws Error that names every problem and how to mend it
 */
export function readConfiguration(scope: Construct): Configuration {
  const context: Readonly<Record<string, unknown>> = scope.node.getAllContext();
  const given = Object.entries(context).flatMap(([key, value]) =>
    key.startsWith(PREFIX) ? [[key.slice(PREFIX.length), parseArgument(value)]] : [],
  );
  const { success, data, error } = SCHEMA.safeParse(Object.fromEntries(given));
  if (success) return data;
  const problems = error.issues.flatMap(describeIssue);
  throw new Error(
    `The context of the stacks cannot be used. Mend these in cdk.json or after --context:\n${problems.join('\n')}`,
  );
}

/** Whatever is JSON, but a name, that came as text. */
function parseArgument(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function describeIssue(issue: z.core.$ZodIssue): readonly string[] {
  const [name = '', ...path] = issue.path.map(String);
  if (issue.code !== 'unrecognized_keys' || name !== '') {
    return [`- ${[PREFIX + name, ...path].join('.')}: ${issue.message}`];
  }
  return issue.keys.map(
    (key) =>
      `- ${PREFIX}${key}: There is no such name. Known are ${CONFIGURATION_NAMES.map((one) => PREFIX + one).join(', ')}.`,
  );
}

/** The name of something of this installation, which another installation in the account has too. */
export function nameInInstallation(scope: Construct, name: string): string {
  return `${readConfiguration(scope).installation}-${name}`;
}
