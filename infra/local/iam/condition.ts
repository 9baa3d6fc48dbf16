import { compileWildcard } from './wildcard.ts';

/** One line of a statement's `Condition`. */
export interface Condition {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
}

/** Values of condition keys. A key that is absent here is absent in the request. */
export type RequestContext = Readonly<Record<string, readonly string[]>>;

/** Null where it cannot be told: whoever asks takes what permits less. */
export type Fit = boolean | null;

/** The keys that requests are given here, each where its service has it. */
const KNOWN_KEYS: ReadonlySet<string> = new Set([
  'aws:SecureTransport',
  'aws:SourceAccount',
  'dynamodb:LeadingKeys',
  'kms:SigningAlgorithm',
  'kms:ViaService',
]);
const KNOWN_KEY_PREFIX = 'kms:EncryptionContext:';

type Test = (given: readonly string[] | undefined) => Fit;

/** IAM User Guide, "IAM JSON policy elements: Condition operators" and "Multivalued context keys". */
const OPERATORS: Readonly<Record<string, (wanted: readonly string[]) => Test>> = {
  Bool: (wanted) => ofOne((value) => wanted.some((one) => one.toLowerCase() === value.toLowerCase())),
  // A key without a value counts as absent.
  Null: (wanted) => (given) => wanted.includes(String(given === undefined || given.length === 0)),
  StringEquals: (wanted) => ofOne((value) => wanted.includes(value)),
  // True also where the request has no such key: `Null` has to demand it.
  'ForAllValues:StringLike': (wanted) => {
    const patterns = wanted.map(compileWildcard);
    return (given = []) => given.every((value) => patterns.some((matches) => matches(value)));
  },
};

/** Without a set operator a key has one value. */
function ofOne(matches: (value: string) => boolean): Test {
  return (given = []) => {
    const [value, ...others] = given;
    if (others.length > 0) return null;
    return value !== undefined && matches(value);
  };
}

/** Whether this evaluation can tell what the condition asks. Policy variables, `${…}`, are never resolved. */
export function isKnownCondition({ operator, key, values }: Condition): boolean {
  const isKnownKey = KNOWN_KEYS.has(key) || (key.startsWith(KNOWN_KEY_PREFIX) && key.length > KNOWN_KEY_PREFIX.length);
  return isKnownKey && Object.hasOwn(OPERATORS, operator) && values.length > 0 && !values.join().includes('${');
}

export function compileCondition(condition: Condition): (context: RequestContext) => Fit {
  const { operator, key, values } = condition;
  const test = OPERATORS[operator]?.(values);
  if (test === undefined || !isKnownCondition(condition)) return () => null;
  return (context) => test(Object.hasOwn(context, key) ? context[key] : undefined);
}
