import { computeOid } from '../../shared/git/object-id.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../shared/model/limits.ts';
import type { Oid } from '../../shared/model/oid.ts';
import type { KeyTime, Signatory } from '../../shared/model/signatory.ts';
import type { Verdict } from '../../shared/model/verdict.ts';
import { createKeyring, type Keyring } from '../../shared/signatures/keyring.ts';
import { judgeCommit } from '../../shared/trust/judge-commit.ts';
import type { GitOracle, OracleTrust } from '../support/git-oracle.ts';
import type { Variant } from './commit-variants.ts';

/** The same keys and times for both: Headlock's signatories, and what git is told. */
export interface Scene {
  readonly signatories: readonly Signatory[];
  readonly trust: OracleTrust;
  readonly firstSeen: number;
  readonly keyTime?: KeyTime;
}

export interface MendedVariant extends Variant {
  /** What git is asked about instead, where a trust rule looks past something that it stumbles over. */
  readonly mended?: { readonly raw: Buffer; readonly rule: string };
}

export interface Specimen extends MendedVariant {
  readonly scene: Scene;
  /** Whose key signed, for messages. */
  readonly by: string;
}

/**
 * Every way in which Headlock is stricter than git, by what was done and Headlock's reason: the trust rule that says so.
 * Closed: whatever is not in it fails, and so does a row that no commit needs.
 */
export type DifferenceTable = Readonly<Record<string, string>>;

export interface Comparison {
  readonly compared: number;
  readonly bothAccept: number;
  readonly bothRefuse: number;
  /** Accepted by both, by git only once something was mended: rule → how often. */
  readonly mended: ReadonlyMap<string, number>;
  /** Refused by Headlock alone: category → how often. */
  readonly stricter: ReadonlyMap<string, number>;
  /** Accepted by Headlock alone. There must be none. */
  readonly laxer: readonly string[];
  /** Accepted by both, for different keys. There must be none. */
  readonly otherKeys: readonly string[];
}

interface Judged {
  readonly specimen: Specimen;
  readonly id: Oid;
  /** Of the commit that git is asked about. */
  readonly asked: Oid;
  readonly ours: Verdict;
}

/** The variants that a rule looks past, with what git is asked about instead. */
export function mend(
  variants: readonly Variant[],
  raw: Buffer,
  rules: Readonly<Record<string, string>>,
): readonly MendedVariant[] {
  return variants.map((variant) => {
    const rule = rules[variant.what];
    return rule === undefined ? variant : { ...variant, mended: { raw, rule } };
  });
}

/** Judges every specimen by Headlock and by git. `%G?` tells for those that git can parse, `verify-commit` for the others. */
export async function compare(
  oracle: GitOracle,
  specimens: readonly Specimen[],
  format: 'sha1' | 'sha256' = 'sha1',
): Promise<Comparison> {
  const keyrings = new Map<readonly Signatory[], Keyring>();
  const keyringOf = (signatories: readonly Signatory[]) => {
    const keyring = keyrings.get(signatories) ?? createKeyring(signatories);
    keyrings.set(signatories, keyring);
    return keyring;
  };
  const judged = specimens.map((specimen): Judged => {
    const { raw, scene } = specimen;
    const id = computeOid('commit', raw, format).oid;
    const { signatories, firstSeen, keyTime = 'first-seen' } = scene;
    const terms = { keyTime, matchEmail: false, limits: DEFAULT_BRANCH_LIMITS, firstSeen, judgedAt: firstSeen };
    const asked = computeOid('commit', specimen.mended?.raw ?? raw, format).oid;
    return { specimen, id, asked, ours: judgeCommit(id, raw, keyringOf(signatories), terms) };
  });
  // What git stores has the ids that Headlock computed: it finds them by these.
  await oracle.store(judged.map(({ specimen }) => specimen.mended?.raw ?? specimen.raw));
  const found = {
    bothAccept: 0,
    bothRefuse: 0,
    mended: new Map<string, number>(),
    stricter: new Map<string, number>(),
    laxer: [] as string[],
    otherKeys: [] as string[],
  };
  for (const [scene, group] of Map.groupBy(judged, ({ specimen }) => specimen.scene)) {
    for (const { specimen, ours, id, letter, fingerprint } of await askOracle(oracle, scene, group)) {
      const isGood = letter === 'G';
      const name = `${specimen.what} (${specimen.by}, git says ${letter})`;
      if (ours.outcome === 'verified') {
        if (!isGood) found.laxer.push(`${name} ${id}:\n${specimen.raw.toString('latin1')}`);
        else if (
          fingerprint !== '' &&
          ours.format !== 'policy' &&
          fingerprint.toLowerCase() !== ours.fingerprint.toLowerCase()
        ) {
          found.otherKeys.push(name);
        } else {
          found.bothAccept += 1;
          if (specimen.mended !== undefined) count(found.mended, specimen.mended.rule);
        }
      } else if (isGood) {
        count(found.stricter, `${specimen.what} → ${ours.reason}`);
      } else found.bothRefuse += 1;
    }
  }
  return { compared: judged.length, ...found };
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/**
 * `git log` says a letter of many commits at once. Where it says G, `git verify-commit` may still refuse, as gpg's own exit
 * status may: it is asked of everything that Headlock accepts.
 */
async function askOracle(oracle: GitOracle, { trust }: Scene, group: readonly Judged[]) {
  const answers = await oracle.judge(
    group.filter(({ specimen }) => !specimen.isOdd).map(({ asked }) => asked),
    trust,
  );
  const accepted = group.filter(({ ours, specimen }) => ours.outcome === 'verified' && !specimen.isOdd);
  const unverified = await oracle.findUnverified(
    accepted.map(({ asked }) => asked),
    trust,
  );
  const answered: (Judged & { letter: string; fingerprint: string })[] = [];
  for (const each of group) {
    if (each.specimen.isOdd) {
      const { isGood } = await oracle.verify(each.asked, trust);
      answered.push({ ...each, letter: isGood ? 'G' : 'E', fingerprint: '' });
      continue;
    }
    const answer = answers.get(each.asked);
    if (answer === undefined) throw new Error(`git says nothing of ${each.specimen.what}.`);
    const letter = answer.letter === 'G' && unverified.has(each.asked) ? 'G, and verify-commit fails' : answer.letter;
    answered.push({ ...each, ...answer, letter });
  }
  return answered;
}

/** The comparison in lines: one for each category, with the trust rule that asks for it. */
export function formatComparison(title: string, comparison: Comparison, table: DifferenceTable): string {
  const { compared, bothAccept, bothRefuse, stricter } = comparison;
  const refused = [...stricter.values()].reduce((sum, count) => sum + count, 0);
  const rows = [...stricter].toSorted().map(([category, count]) => {
    return `${String(count).padStart(6)}  ${category} (trust rule ${table[category] ?? 'UNKNOWN'})`;
  });
  const agreed = bothAccept + bothRefuse;
  const sum = `${title}: ${compared} commits compared, ${agreed} agree (${bothAccept} accepted, ${bothRefuse} refused), ${refused} refused by Headlock alone, ${comparison.laxer.length} accepted by Headlock alone`;
  const mended = [...comparison.mended].map(
    ([rule, times]) => `${String(times).padStart(6)}  accepted by git once mended: ${rule}`,
  );
  return [sum, ...mended, ...rows].join('\n');
}
