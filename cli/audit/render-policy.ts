import { formatClaim } from '../../shared/model/claim.ts';
import type { Oid } from '../../shared/model/oid.ts';
import type { BranchPolicy } from '../../shared/model/policy.ts';
import type { KeyTime, UnixSeconds } from '../../shared/model/signatory.ts';
import { describeOpenPgpId } from '../../shared/signatures/describe-key.ts';
import { count } from '../output/count.ts';
import type { AuditedForge } from './audit-report.ts';
import { createNamer } from './create-namer.ts';
import { FORGE_NAMES } from './forges.ts';
import type { FoundSshKey, KeyPlace } from './found-key.ts';
import { isoTime } from './iso-time.ts';
import type { ProposedSignatory } from './propose-signatories.ts';

/** Which commits are judged, and by which times. */
export type BranchRules = Pick<BranchPolicy, 'mode' | 'keyTime'>;

export interface RenderedBranch extends BranchRules {
  readonly branch: string;
  readonly anchor: Oid;
  /** What stands behind the anchor as a comment. */
  readonly note: string;
}

/** `branches:` of a repository. */
export function renderBranches(branches: readonly RenderedBranch[]): readonly string[] {
  return [
    'branches:',
    ...branches.flatMap(({ branch, mode, keyTime, anchor, note }) => [
      `  - name: ${yamlText(branch)}`,
      `    mode: ${mode}`,
      ...(keyTime === 'first-seen' ? [] : [`    keyTime: ${keyTime}`]),
      `    anchor: ${anchor} # ${note}`,
    ]),
  ];
}

/** What a comment says of an anchor. */
export function describeAnchor(anchor: Oid, tip: Oid, verified: number): string {
  return anchor === tip
    ? 'the tip: nothing behind it is judged'
    : `${count(verified, 'commit')} from here to the tip verify`;
}

export interface SignatoryContext {
  /** A signatory's file of OpenPGP certificates, as the policy names it. */
  readonly paths: ReadonlyMap<ProposedSignatory, string>;
  readonly forges: readonly AuditedForge[];
  /** Of the whole history. */
  readonly commits: number;
  readonly keyTime: KeyTime;
  readonly now: UnixSeconds;
}

/** `signatories:` of a repository, with what has to be checked before they are trusted. */
export function renderSignatories(
  signatories: readonly ProposedSignatory[],
  context: SignatoryContext,
): readonly string[] {
  const people = signatories.filter(({ forge }) => forge === null);
  return [
    people.length === 0
      ? 'signatories: # No key of a person was found: add one with --keys.'
      : 'signatories: # Found, and thereby not yet trusted: check each fingerprint with its owner.',
    ...people.flatMap((one) => renderSignatory(one, context)),
    ...context.forges
      .filter(({ signed }) => signed > 0)
      .flatMap((forge) => renderForge(forge, signatories.find((one) => one.forge === forge.forge) ?? null, context)),
  ];
}

function renderSignatory(signatory: ProposedSignatory, context: SignatoryContext): readonly string[] {
  const { name, emails, commits, sshKey, identity } = signatory;
  return [
    `  - name: ${yamlText(name)} # ${count(commits, 'commit')}`,
    ...(emails.length === 0 ? [] : [`    emails: [${emails.map(yamlText).join(', ')}]`]),
    ...renderOpenPgp(signatory, context),
    ...(sshKey === null ? [] : [`    ${renderSsh(sshKey)}, ${describePlace(sshKey.place)}`]),
    ...(identity?.issuer == null
      ? []
      : [
          `    x509: { issuer: ${yamlText(identity.issuer)}, identity: ${yamlText(identity.identity)} } # ${SELF_SAID}`,
        ]),
  ];
}

function renderSsh({ key }: FoundSshKey): string {
  return `ssh: "${key.type} ${key.blob}" # ${key.fingerprint}`;
}

const SELF_SAID = 'from the signatures alone: nobody else says whose it is';

function renderOpenPgp(signatory: ProposedSignatory, { paths, now, keyTime }: SignatoryContext): readonly string[] {
  const { certificates } = signatory;
  const [first] = certificates;
  const path = paths.get(signatory);
  if (first === undefined || path === undefined) return [];
  const ends = endOfKeys(signatory);
  const crowd = path === first.place.location && first.companions > 1;
  return [
    ...(crowd
      ? [
          `    # The file holds ${count(first.companions, 'certificate')}, and all would count as this signatory's: split it.`,
        ]
      : []),
    ...(ends !== null && ends <= now && keyTime !== 'ignore'
      ? [
          `    # Expired ${isoTime(ends)?.slice(0, 10)}: what it signs from now on locks the branch, until its owner extends it.`,
        ]
      : []),
    `    openpgp: ${yamlText(path)}`,
    ...new Set(
      certificates.map(({ primaryFingerprint, place }) => {
        const origin = place.location === path ? '' : `, ${describePlace(place)}`;
        return `    # ${describeOpenPgpId(primaryFingerprint)}${origin}`;
      }),
    ),
  ];
}

/** When the last of the keys that sign expires; null where one never does. */
export function endOfKeys({ certificates: [first] }: ProposedSignatory): UnixSeconds | null {
  const keys = first?.keys ?? [];
  const primary = keys.find(({ fingerprint, primaryFingerprint }) => fingerprint === primaryFingerprint);
  const signing = keys.filter((key) => key.signing && key.spki !== null);
  const last = Math.max(...signing.map(({ expires }) => Math.min(expires ?? Infinity, primary?.expires ?? Infinity)));
  return Number.isFinite(last) ? last : null;
}

/**
 * Where a policy finds the certificates of each: `as found`, in the file that they were read from; `beside`, in a folder `keys`
 * beside the policy, where the others are put as well.
 */
export function nameKeyPaths(
  signatories: readonly ProposedSignatory[],
  where: 'as found' | 'beside',
): ReadonlyMap<ProposedSignatory, string> {
  const nameFile = createNamer((slug, count) => `${slug}-${count}`);
  const paths = new Map<ProposedSignatory, string>();
  for (const one of signatories) {
    const [first] = one.certificates;
    if (first === undefined) continue;
    const isThere = where === 'as found' && first.place.kind === 'file';
    paths.set(one, isThere ? first.place.location : `keys/${nameFile(slugOf(one.name))}.asc`);
  }
  return paths;
}

/** A name as a file's: letters, digits and dashes. */
export function slugOf(name: string): string {
  const plain = name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  const words = plain.match(/[a-z0-9]+/g) ?? ['key'];
  return words.join('-').slice(0, 60);
}

const MAX_LOCATION = 300;

function describePlace({ kind, location }: KeyPlace): string {
  return kind === 'signatures' ? SELF_SAID : `from ${formatClaim(location, MAX_LOCATION)}`;
}

/** Trust rule 3.5: off unless listed, and what listing it means. */
function renderForge(
  { forge, signed }: AuditedForge,
  found: ProposedSignatory | null,
  { commits, paths }: SignatoryContext,
): readonly string[] {
  const name = FORGE_NAMES[forge];
  const path = found === null ? undefined : paths.get(found);
  const fetched = path === undefined && forge === 'github' ? ' # curl -fsS https://github.com/web-flow.gpg' : '';
  const keys =
    found?.sshKey == null ? `openpgp: ${yamlText(path ?? `keys/${forge}.asc`)}${fetched}` : renderSsh(found.sshKey);
  return [
    `  # ${name} signed ${signed.toLocaleString('en-US')} of ${count(commits, 'commit')} with its own key. Listed, it is trusted (trust rule 3.5):`,
    '  # with `limit: up-to-date-merges` on merges that bring nothing new; with `limit: merges` with the contents of every',
    '  # merge; without a limit with every squash merge, web edit and bot commit that it signs as well.',
    `  # - name: ${name}`,
    `  #   ${keys}`,
    '  #   limit: up-to-date-merges',
  ];
}

const PLAIN = /^[A-Za-z/][A-Za-z0-9_@./+-]*(?: [A-Za-z0-9_@./+-]+)*$/;
const PLAIN_URL = /^[a-z]+:\/\/[A-Za-z0-9_@./+:-]*[A-Za-z0-9_/]$/;
const WORDS = /^(?:true|false|null|yes|no|on|off|y|n)$/i;

/** A scalar that YAML reads as this text. */
export function yamlText(text: string): string {
  return (PLAIN.test(text) && !WORDS.test(text)) || PLAIN_URL.test(text) ? text : JSON.stringify(text);
}
