import type { KeyTime } from '../model/signatory.ts';
import type { CommitReason, Refusal, SignatureEvidence, Verdict } from '../model/verdict.ts';
import { formatTime } from '../signatures/format-time.ts';

/** `not-reached`: what was found says nothing of it, as of all that comes after the check that failed. */
export const CHECK_OUTCOMES = ['passed', 'failed', 'not-reached', 'not-applicable'] as const;
export type CheckOutcome = (typeof CHECK_OUTCOMES)[number];

/** One thing that was checked of a commit, for people. */
export interface Check {
  /** Of the trust model. */
  readonly rule: string;
  readonly title: string;
  readonly outcome: CheckOutcome;
  /** What was found; null where there is nothing to tell. */
  readonly detail: string | null;
}

/** What a policy says beside a verdict; null where it is not at hand. */
export interface PolicyFacts {
  /** Of the key that signed: `Ed25519`, say. */
  readonly algorithm: string | null;
  readonly keyTime: KeyTime | null;
}

export const NO_FACTS: PolicyFacts = { algorithm: null, keyTime: null };

type CheckName =
  | 'object'
  | 'form'
  | 'limits'
  | 'signed'
  | 'kind'
  | 'signature'
  | 'strength'
  | 'key'
  | 'time'
  | 'revocation'
  | 'purpose'
  | 'validity'
  | 'clock'
  | 'email'
  | 'authority'
  | 'denial'
  | 'vouched';

interface CheckDefinition {
  readonly rule: string;
  readonly title: string;
  /** What has passed for certain, in every format, where this check is the one that fails. */
  readonly after: readonly CheckName[];
  /** What has passed besides where a key of the policy is proven to have made the signature. */
  readonly afterProof?: readonly CheckName[];
}

const READ: readonly CheckName[] = ['kind', 'signature'];

/** In the order in which they are made, as far as all formats share one. */
const CHECKS: Readonly<Record<CheckName, CheckDefinition>> = {
  object: { rule: '1.1', title: 'The object is there, and its bytes hash to its id', after: [] },
  form: { rule: '1.2', title: 'The commit is well formed', after: ['object'] },
  limits: { rule: '4.7', title: 'It is within the limits of the branch', after: ['object'] },
  signed: { rule: '4.1', title: 'It carries a signature', after: ['form', 'limits'] },
  kind: { rule: '2.1', title: 'The signature is of a known kind', after: ['signed'] },
  signature: { rule: '2.1', title: 'The signature is well formed', after: ['signed'] },
  strength: { rule: '2.5', title: 'Key, digest and algorithm are strong', after: ['signed'] },
  key: { rule: '3.4', title: 'A key of the policy made it over these bytes', after: READ },
  // A certificate of X.509 is whoever's it says until its chain is proven: none of these says by itself whose key it is.
  time: {
    rule: '2.4',
    title: 'The time of an X.509 signature is proven',
    after: READ,
    afterProof: ['key', 'strength'],
  },
  revocation: {
    rule: '3.3',
    title: 'No key that it rests on is revoked or compromised',
    after: READ,
    afterProof: ['time'],
  },
  purpose: { rule: '2.2', title: 'The key may sign', after: READ, afterProof: ['revocation'] },
  validity: {
    rule: '3.1',
    title: 'The key was valid at the times that count',
    after: READ,
    afterProof: ['purpose'],
  },
  // The window of a key is looked at before, that of its owner after.
  clock: {
    rule: '3.2',
    title: 'It is not dated in the future',
    after: READ,
    afterProof: ['purpose'],
  },
  email: {
    rule: '3.6',
    title: "The committer's e-mail is right, where that is asked",
    after: READ,
    afterProof: ['validity', 'clock'],
  },
  authority: {
    rule: '3.5',
    title: 'The signatory may sign such a commit',
    after: READ,
    afterProof: ['email'],
  },
  denial: {
    rule: '2.7',
    title: 'The policy does not deny it',
    after: ['form', 'limits'],
    afterProof: ['authority'],
  },
  vouched: { rule: '2.7', title: 'An operator vouches for it in the policy', after: ['denial'] },
};

const NAMES = Object.keys(CHECKS) as readonly CheckName[];

/** The check that fails for a reason. */
const CHECK_OF: Readonly<Record<CommitReason, CheckName>> = {
  missing_object: 'object',
  sha1_collision: 'object',
  malformed_commit: 'form',
  limit_exceeded: 'limits',
  unsigned: 'signed',
  unknown_signature_type: 'kind',
  malformed_signature: 'signature',
  weak_algorithm: 'strength',
  unknown_key: 'key',
  invalid: 'key',
  unproven_time: 'time',
  revoked_key: 'revocation',
  not_signing_key: 'purpose',
  not_yet_valid_key: 'validity',
  expired_key: 'validity',
  future_signature: 'clock',
  bad_email: 'email',
  not_authorized: 'authority',
  denied: 'denial',
};

/** The rule of the check that fails for a reason. */
export function ruleOfReason(reason: CommitReason): string {
  return CHECKS[CHECK_OF[reason]].rule;
}

/**
 * What was checked of one commit, in order. A verdict keeps the reason alone, so a check counts as passed where it has passed
 * for certain.
 * @param found - the verdict, or the refusal of a commit that cannot be judged
 */
export function listChecks(found: Verdict | Refusal, facts: PolicyFacts = NO_FACTS): readonly Check[] {
  if (found.outcome === 'refused') {
    const failed = CHECK_OF[found.reason];
    const details = { [failed]: `${found.reason}: ${found.message}` };
    const { signed } = found;
    if (signed === undefined || !('commit' in found)) return list(passedBefore(failed, false), { failed, details });
    const proof = { details: { ...detailsOf(signed, found, facts), ...details }, format: signed.format };
    return list(passedBefore(failed, true), { failed, ...proof });
  }
  if (found.format === 'policy') {
    const failed = CHECK_OF[found.against];
    const passed = new Set([...passedBefore(failed, false), ...passedBefore('vouched', false), 'vouched'] as const);
    return list(passed, { failed, details: { [failed]: found.against, vouched: found.justification } });
  }
  return list(new Set(NAMES), { failed: null, details: detailsOf(found, found, facts), format: found.format });
}

interface Findings {
  readonly failed: CheckName | null;
  readonly details: Readonly<Partial<Record<CheckName, string | null>>>;
  readonly format?: SignatureEvidence['format'];
}

function list(passed: ReadonlySet<CheckName>, { failed, details, format }: Findings): readonly Check[] {
  const outcomeOf = (name: CheckName): CheckOutcome => {
    if (name === failed) return 'failed';
    if (name === 'vouched' && details.vouched === undefined) return 'not-applicable';
    if (name === 'time' && format !== undefined && format !== 'x509') return 'not-applicable';
    return passed.has(name) ? 'passed' : 'not-reached';
  };
  return NAMES.map((name) => {
    const { rule, title } = CHECKS[name];
    return { rule: ruleOf(name, format) ?? rule, title, outcome: outcomeOf(name), detail: details[name] ?? null };
  });
}

/** Each format has a rule of its own for its keys. */
function ruleOf(name: CheckName, format: Findings['format']): string | null {
  if (format === undefined || (name !== 'key' && name !== 'purpose')) return null;
  return { openpgp: '2.2', ssh: '2.3', x509: '2.4' }[format];
}

function passedBefore(name: CheckName, isProven: boolean): ReadonlySet<CheckName> {
  const { after, afterProof = [] } = CHECKS[name];
  const before = isProven ? [...after, ...afterProof] : after;
  return new Set(before.flatMap((one) => [one, ...passedBefore(one, isProven)]));
}

const FORMATS = { openpgp: 'OpenPGP', ssh: 'SSH', x509: 'X.509' } as const;

function detailsOf(
  { format, signatory, fingerprint, certifiedBy, certificate, signedAt }: SignatureEvidence,
  { firstSeen, payloadSha256 }: Verdict,
  { algorithm, keyTime }: PolicyFacts,
): Findings['details'] {
  const name = (key: string) => (format === 'openpgp' ? `0x${key.toUpperCase()}` : key);
  const certified = certifiedBy === null ? '' : `, certified by ${name(certifiedBy)}`;
  const serial = certificate === null ? '' : ` (certificate ${certificate.serial})`;
  const signed =
    signedAt === null
      ? 'signed at no stated time'
      : `signed ${formatTime(signedAt)}${format === 'x509' ? '' : ' as it says'}`;
  return {
    kind: FORMATS[format],
    signature: `over the payload of SHA-256 ${payloadSha256}`,
    strength: algorithm,
    key: `${name(fingerprint)} of ${signatory}${certified}${serial}`,
    time: format === 'x509' && signedAt !== null ? formatTime(signedAt) : null,
    validity: `${signed}, first seen ${formatTime(firstSeen)}${keyTime === null ? '' : ` (keyTime: ${keyTime})`}`,
  };
}
