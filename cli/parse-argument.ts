import { InvalidArgumentError } from 'commander';
import { INSTALLATION_CONTEXT, INSTALLATION_PATTERN } from '../infra/aws/installation.ts';
import { isOid, type Oid } from '../shared/model/oid.ts';

/** @throws InvalidArgumentError, here and below, with what to write instead */
export function parseCommitId(text: string): Oid {
  if (isOid(text)) return text;
  throw new InvalidArgumentError('Write the full commit id: `git rev-parse <commit>` prints it.');
}

export function parsePort(text: string): number {
  const port = parseCount(text);
  if (port > 65_535) throw new InvalidArgumentError('Ports end at 65535.');
  return port;
}

export function parseCount(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Write a whole number.');
  return Number(text);
}

/** @returns from 1 to 10,000 */
export function parseLimit(text: string): number {
  const limit = parseCount(text);
  if (limit < 1 || limit > 10_000) throw new InvalidArgumentError('Write a number from 1 to 10000.');
  return limit;
}

const DAYS = { d: 1, w: 7, y: 365 } as const;

/** `90d`, `12w`, `1y`. @returns days */
export function parseDays(text: string): number {
  const [, amount, unit] = /^([1-9]\d{0,4})([dwy])$/.exec(text) ?? [];
  if (unit !== 'd' && unit !== 'w' && unit !== 'y') {
    throw new InvalidArgumentError('Write days, weeks or years: 90d, 12w, 1y.');
  }
  return Number(amount) * DAYS[unit];
}

/** `a,b` */
export function parseNames(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.includes('')) throw new InvalidArgumentError('Write names with commas between them.');
  return names;
}

/** The name of an installation, which its stacks are named after. */
export function parseInstallation(text: string): string {
  if (INSTALLATION_PATTERN.test(text)) return text;
  throw new InvalidArgumentError(
    'Write the name of an installation, which starts those of its stacks: `headlock` of headlock-service.',
  );
}

/** `key=value`, one or many. @returns those before, and this one */
export function collectContext(
  text: string,
  former: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (key === undefined || value === undefined) throw new InvalidArgumentError('Write key=value.');
  if (key === INSTALLATION_CONTEXT) throw new InvalidArgumentError('Name the installation with --stack.');
  return { ...former, [key]: value };
}

/** `2026-11-20T03:00:00Z` */
export function parseTime(text: string): Date {
  const time = new Date(text);
  if (/^\d{4}-\d\d-\d\dT/.test(text) && !Number.isNaN(time.getTime())) return time;
  throw new InvalidArgumentError('Write a time as 2026-11-20T03:00:00Z.');
}
