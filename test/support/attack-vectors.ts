import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { computeOid } from '../../shared/git/object-id.ts';
import { formatOfOid, isOid, type Oid } from '../../shared/model/oid.ts';
import type { Enforcement, Mode } from '../../shared/model/policy.ts';
import type { KeyTime, OpenPgpKey } from '../../shared/model/signatory.ts';

/** One commit as a file of vectors holds it: `text` where all of it is plain lines, else `base64`. */
export interface RecordedCommit {
  readonly id: string;
  readonly text?: string;
  readonly base64?: string;
}

/** A file beside the policy: text as it is, or bytes in base64. */
export type RecordedFile = string | { readonly base64: string };

/** Signatories as `headlock.yaml` has them; paths name the `files` of the same file of vectors. */
export type SignatoryText = Readonly<Record<string, unknown>> & { readonly name: string };

export interface BranchText {
  readonly keyTime?: KeyTime;
  readonly matchEmail?: boolean;
  readonly enforcement?: Enforcement;
  readonly publishers?: readonly string[];
  readonly limits?: Readonly<Record<string, number>>;
}

export interface VectorPolicy {
  readonly signatories: readonly SignatoryText[];
  /** By their names; `main` with nothing but defaults where it is not given. */
  readonly branches?: Readonly<Record<string, BranchText>>;
  /** Commits by their names here. */
  readonly accepted?: readonly { readonly commit: string; readonly reason: string }[];
  readonly denied?: readonly { readonly commit?: string; readonly payloadSha256?: string; readonly reason: string }[];
  /** Fingerprints. */
  readonly compromisedKeys?: readonly string[];
  /** Signatories of a second repository of the same file. */
  readonly elsewhere?: readonly SignatoryText[];
  /** Compiled keys that no certificate can be made for, by signatory. */
  readonly records?: Readonly<Record<string, readonly OpenPgpKey[]>>;
}

/** How a server departs from sending what is asked of it, as it is. */
export interface ServerTricks {
  readonly withholds?: readonly string[];
  /** Sent besides, whatever is asked. */
  readonly sends?: readonly string[];
  /** Sends all of a history also where it leads to nothing that the client has. */
  readonly insists?: boolean;
  /** Under the id of the first the bytes of the second. */
  readonly swaps?: Readonly<Record<string, string>>;
  /** Commits that are taken to show a SHA-1 collision attack. */
  readonly collides?: readonly string[];
  /** git's own means of showing other objects: `refs/replace`, grafts, the boundary of a shallow clone. */
  readonly replaces?: Readonly<Record<string, string>>;
  readonly grafts?: Readonly<Record<string, readonly string[]>>;
  readonly shallow?: readonly string[];
}

/** A decision that was made before, in the same branch. */
export interface EarlierStep {
  readonly at: string;
  readonly tip: string;
  /** The vector's own where it is not given; nobody is trusted under `nobody`. */
  readonly policy?: VectorPolicy | 'nobody';
}

/** For every mode the same, or for each. */
export type Expectation = string | Readonly<Record<Mode, string>>;

export const RUNNERS = ['decision', 'handler', 'cli'] as const;
export type Runner = (typeof RUNNERS)[number];

export interface AttackVector {
  readonly area: string;
  readonly name: string;
  /** Trust rules that it proves. */
  readonly rules: readonly string[];
  /** The row of the attack list that it carries out. */
  readonly row: string | null;
  /** How it was made. */
  readonly made: string;
  readonly files: Readonly<Record<string, RecordedFile>>;
  readonly policy: VectorPolicy;
  readonly branch: string;
  readonly commits: ReadonlyMap<string, { readonly oid: Oid; readonly raw: Buffer }>;
  readonly anchor: string;
  /** What is trusted when the decision starts: the anchor, unless earlier steps led elsewhere. */
  readonly trusted: string;
  /** Null where the branch is deleted. */
  readonly tip: string | null;
  readonly server: ServerTricks;
  readonly earlier: readonly EarlierStep[];
  /** A policy that is applied while the decision runs, just before it is written. */
  readonly meanwhile: VectorPolicy | null;
  /** When the decision is made. */
  readonly at: Date;
  /** Whether it may as well be made at any time since. */
  readonly isTimeless: boolean;
  readonly expect: Expectation;
  /** Where one runner sees more or less than the decision does. */
  readonly expectBy: Partial<Readonly<Record<Runner, Expectation>>>;
  /** Who cannot carry it out, and why. */
  readonly notBy: Partial<Readonly<Record<Runner, string>>>;
}

/** A vector as it stands in its file. */
export interface VectorText {
  readonly name: string;
  readonly rule: string | readonly string[];
  readonly row?: string;
  readonly made: string;
  readonly policy: VectorPolicy;
  readonly branch?: string;
  readonly commits?: Readonly<Record<string, RecordedCommit>>;
  readonly anchor?: string;
  readonly trusted?: string;
  readonly tip: string | null;
  readonly server?: ServerTricks;
  readonly earlier?: readonly EarlierStep[];
  readonly meanwhile?: VectorPolicy;
  readonly at?: string;
  readonly expect: Expectation;
  readonly 'expect-by'?: AttackVector['expectBy'];
  readonly 'not-by'?: AttackVector['notBy'];
}

/** One file of vectors, with the key files and commits that they share. */
export interface VectorFile {
  readonly files: Readonly<Record<string, RecordedFile>>;
  readonly commits: Readonly<Record<string, RecordedCommit>>;
  readonly vectors: readonly VectorText[];
}

/** After every commit of every vector, and long ago for every clock that is right. */
const USUAL_TIME = '2025-06-01T00:00:00Z';

/** @throws Error where a commit's bytes do not hash to its id. */
export function readAttackVectors(folder: string): readonly AttackVector[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
  return names.toSorted().flatMap((name) => {
    const file: VectorFile = parse(readFileSync(join(folder, name), 'utf8'));
    return file.vectors.map((vector) => readVector(basename(name, '.yaml'), file, vector));
  });
}

function readVector(area: string, file: VectorFile, text: VectorText): AttackVector {
  const all = Object.entries({ ...file.commits, ...text.commits });
  return {
    area,
    name: text.name,
    rules: [text.rule].flat(),
    row: text.row ?? null,
    made: text.made,
    files: file.files,
    policy: text.policy,
    branch: text.branch ?? 'main',
    commits: new Map(all.map(([name, commit]) => [name, readCommit(`${area}: ${text.name}: ${name}`, commit)])),
    anchor: text.anchor ?? 'T',
    trusted: text.trusted ?? text.anchor ?? 'T',
    tip: text.tip,
    server: text.server ?? {},
    earlier: text.earlier ?? [],
    meanwhile: text.meanwhile ?? null,
    at: new Date(text.at ?? USUAL_TIME),
    isTimeless: text.at === undefined,
    expect: text.expect,
    expectBy: text['expect-by'] ?? {},
    notBy: text['not-by'] ?? {},
  };
}

function readCommit(what: string, { id, text, base64 }: RecordedCommit): { oid: Oid; raw: Buffer } {
  if (!isOid(id)) throw new Error(`${what} has no full id.`);
  const raw = base64 === undefined ? Buffer.from(text ?? '') : Buffer.from(base64, 'base64');
  if (computeOid('commit', raw, formatOfOid(id)).oid !== id) throw new Error(`${what} does not hash to its id.`);
  return { oid: id, raw };
}

export function oidIn(vector: AttackVector, name: string): Oid {
  const commit = vector.commits.get(name);
  if (commit === undefined) throw new Error(`${vector.name} has no commit ${name}.`);
  return commit.oid;
}

/** The commit's name in the vector, or its id where it has none. */
export function nameIn(vector: AttackVector, oid: Oid | null): string {
  const [name] = [...vector.commits].find(([, commit]) => commit.oid === oid) ?? [];
  return name ?? oid ?? 'nothing';
}

export function expectedBy(vector: AttackVector, runner: Runner, mode: Mode): string {
  const expected = vector.expectBy[runner] ?? vector.expect;
  return typeof expected === 'string' ? expected : expected[mode];
}
