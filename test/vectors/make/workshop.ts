import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type ObjectFormat, type Oid, parseOid } from '../../../shared/model/oid.ts';
import type { RecordedCommit, RecordedFile, VectorFile, VectorText } from '../../support/attack-vectors.ts';
import { createGitRepository, type GitRepository } from '../../support/git-repository.ts';
import { createGpgHome, type GpgHome } from '../../support/signing.ts';

/** When keys are made, and when they sign, in seconds since 1970. */
export const KEYS_MADE = Date.UTC(2025, 0, 1) / 1000;
export const SIGNED = Date.UTC(2025, 1, 1) / 1000;

export type Signer = (payload: Buffer) => Uint8Array | string | Promise<Uint8Array | string>;

export interface Draft {
  /** The last commit that was made where it is not given. */
  readonly parents?: readonly string[];
  readonly tree?: string;
  /** Author and committer date in seconds since 1970. */
  readonly seconds?: number;
  /** The committer's. */
  readonly email?: string;
  /** Headers after the committer, each with its line feed. */
  readonly more?: string;
  readonly message?: string;
  /** Changes the bytes that are signed. */
  readonly payload?: (text: string) => string;
  /** Changes the signed commit. */
  readonly after?: (text: string) => string;
  /** In place of `gpgsig`. */
  readonly header?: string;
}

/** The commits of one vector, each by its name, with ids that git gave. */
export interface History {
  readonly commits: Readonly<Record<string, RecordedCommit>>;
  /** Unsigned where there is no signer. */
  commit(name: string, draft?: Draft, signer?: Signer): Promise<string>;
  /** Takes the bytes as they are. */
  add(name: string, raw: Uint8Array | string): Promise<string>;
  /** Reads a commit that git made. */
  take(name: string, repository: GitRepository, id: Oid): Promise<string>;
  id(name: string): Oid;
  /** The raw bytes, one character a byte. */
  text(name: string): string;
}

/** What a maker says of a vector. The tip is the last commit where it is not given. */
export type NewVector = Omit<VectorText, 'commits' | 'tip'> & { readonly tip?: string | null };

export interface Area {
  readonly files: Record<string, RecordedFile>;
  history(format?: ObjectFormat): Promise<History>;
  record(history: History, vector: NewVector): void;
}

/** Keys and repositories that live as long as vectors are made. */
export interface Workshop {
  readonly home: GpgHome;
  /** A work tree on branch `main` at the history's T, and git with the home's keys. */
  checkOut(history: History): Promise<GitRepository>;
  area(): Area;
  /** Writes an area's file. */
  write(folder: string, name: string, about: string, area: Area): Promise<number>;
  cleanup(): Promise<void>;
}

const EMPTY_TREES: Readonly<Record<ObjectFormat, string>> = {
  sha1: '4b825dc642cb6eb9a060e54bf8d69288fbee4904',
  sha256: '6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321',
};

export async function createWorkshop(): Promise<Workshop> {
  const home = await createGpgHome();
  // git runs gpg as it is: this is how it signs at a time of ours.
  await writeFile(join(home.path, 'gpg.conf'), `faked-system-time ${SIGNED}!\n`);
  const cleanups: (() => Promise<void>)[] = [home.cleanup];
  const repository = async (options: { readonly format?: ObjectFormat } = {}): Promise<GitRepository> => {
    const made = await createGitRepository({ ...options, env: home.env });
    cleanups.push(made.remove);
    return made;
  };
  const stores = { sha1: await repository(), sha256: await repository({ format: 'sha256' }) };

  const area = (): Area & { readonly found: VectorFile } => {
    const files: Record<string, RecordedFile> = {};
    const commits: Record<string, RecordedCommit> = {};
    const vectors: VectorText[] = [];
    return {
      files,
      found: { files, commits, vectors },
      history: async (format = 'sha1') => {
        const history = createHistory(stores[format], format);
        await history.commit('T', { message: 'Where trust starts' });
        return history;
      },
      record: (history, vector) => {
        const { T, ...own } = history.commits;
        if (T === undefined) throw new Error('The history has no T.');
        commits.T ??= T;
        const isUsual = commits.T.id === T.id;
        const tip = vector.tip === undefined ? (Object.keys(own).at(-1) ?? 'T') : vector.tip;
        vectors.push(inOrder({ ...vector, commits: isUsual ? own : { T, ...own }, tip }));
      },
    };
  };

  return {
    home,
    checkOut: async (history) => {
      const made = await repository();
      await made.pipe(history.text('T'), 'hash-object', '-t', 'commit', '-w', '--stdin');
      await made.run('mktree');
      await made.run('update-ref', 'refs/heads/main', history.id('T'));
      return made;
    },
    area,
    write: async (folder, name, about, of) => {
      const { found } = of as ReturnType<typeof area>;
      const files = Object.fromEntries(Object.entries(found.files).map(([file, content]) => [file, foldFile(content)]));
      const text = stringify(
        { files, commits: found.commits, vectors: found.vectors },
        { lineWidth: 120, aliasDuplicateObjects: false },
      );
      const header = `# ${about}\n# Made by \`node test/vectors/make.ts\` with throw-away keys: change the makers, not this file.\n`;
      await writeFile(join(folder, `${name}.yaml`), header + text);
      return found.vectors.length;
    },
    cleanup: async () => {
      for (const each of cleanups.toReversed()) await each();
    },
  };
}

/** The order in which people read. */
const ORDER: readonly (keyof VectorText)[] = [
  'name',
  'rule',
  'row',
  'made',
  'policy',
  'branch',
  'commits',
  'anchor',
  'trusted',
  'tip',
  'server',
  'earlier',
  'meanwhile',
  'at',
  'expect',
  'expect-by',
  'not-by',
];

function inOrder(vector: VectorText): VectorText {
  const entries = Object.entries(vector).filter(([, value]) => value !== undefined);
  const place = ([key]: [string, unknown]) => ORDER.indexOf(key as keyof VectorText);
  return Object.fromEntries(entries.toSorted((one, other) => place(one) - place(other))) as unknown as VectorText;
}

function createHistory(store: GitRepository, format: ObjectFormat): History {
  const commits: Record<string, RecordedCommit> = {};
  const raws = new Map<string, Buffer>();
  let made = 0;
  const id = (name: string): Oid => {
    const found = commits[name];
    if (found === undefined) throw new Error(`${name} is not made yet.`);
    return parseOid(found.id);
  };
  const add = async (name: string, raw: Uint8Array | string): Promise<string> => {
    const body = Buffer.from(raw);
    commits[name] = recordCommit(await store.writeObject('commit', body), body);
    raws.set(name, body);
    return name;
  };
  return {
    commits,
    id,
    add,
    text: (name) => raws.get(name)?.toString('latin1') ?? '',
    take: async (name, repository, oid) => {
      const taken = await add(name, await repository.readObject(oid));
      if (id(taken) !== oid) throw new Error(`${name} is another commit here.`);
      return taken;
    },
    commit: async (name, draft = {}, signer) => {
      const last = Object.keys(commits).at(-1);
      const { parents = last === undefined ? [] : [last], seconds = SIGNED + 60 * made++ } = draft;
      const { tree = EMPTY_TREES[format], email = 'alice@example.com', more = '', message = `Commit ${name}` } = draft;
      const text = [
        `tree ${tree}\n`,
        ...parents.map((parent) => `parent ${id(parent)}\n`),
        `author Alice <alice@example.com> ${seconds} +0000\n`,
        `committer Alice <${email}> ${seconds} +0000\n`,
        `${more}\n${message}\n`,
      ].join('');
      const payload = Buffer.from(draft.payload?.(text) ?? text, 'latin1');
      const signature = signer === undefined ? null : Buffer.from(await signer(payload));
      const header = draft.header ?? (format === 'sha1' ? 'gpgsig' : 'gpgsig-sha256');
      const whole = signature === null ? payload.toString('latin1') : insertSignature(payload, signature, header);
      return add(name, Buffer.from(draft.after?.(whole) ?? whole, 'latin1'));
    },
  };
}

/** As git writes it: the last header, each further line after a space. The armor's own last line feed ends the header. */
export function insertSignature(payload: Uint8Array, armor: Uint8Array, header = 'gpgsig'): string {
  const text = Buffer.from(payload).toString('latin1');
  const end = text.indexOf('\n\n') + 1;
  const value = Buffer.from(armor).toString('latin1').replace(/\n$/, '').replaceAll('\n', '\n ');
  return `${text.slice(0, end)}${header} ${value}\n${text.slice(end)}`;
}

/** Changes the armor of a signed commit, as text. */
export function changeArmor(commit: string, change: (armor: string) => string): string {
  const start = commit.indexOf('\ngpgsig ') + '\ngpgsig '.length;
  const end = commit.slice(start).search(/\n(?! )/) + start;
  const armor = commit.slice(start, end).replaceAll('\n ', '\n');
  return commit.slice(0, start) + change(armor).replaceAll('\n', '\n ') + commit.slice(end);
}

const PLAIN_LINES = /^(?:[\x20-\x7e]*\n)*[\x20-\x7e]*[\x21-\x7e]\n$/;

function recordCommit(id: Oid, body: Buffer): RecordedCommit {
  const text = body.toString('latin1');
  if (PLAIN_LINES.test(text)) return { id, text };
  return { id, base64: fold(body.toString('base64')) };
}

function foldFile(file: RecordedFile): RecordedFile {
  return typeof file === 'string' ? file : { base64: fold(file.base64) };
}

function fold(base64: string): string {
  return `${base64.match(/.{1,100}/g)?.join('\n') ?? ''}\n`;
}
