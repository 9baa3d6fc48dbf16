import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { deflateSync } from 'node:zlib';
import type { ObjectFormat, Oid } from '../../shared/model/oid.ts';

export interface BareRepository {
  readonly format: ObjectFormat;
  /** Bodies of commits by the id under which they are stored, whatever they hash to. */
  readonly commits: ReadonlyMap<Oid, Uint8Array>;
  /** Of tag objects likewise. */
  readonly tags?: ReadonlyMap<Oid, Uint8Array>;
  /** Of trees likewise. */
  readonly trees?: ReadonlyMap<Oid, Uint8Array>;
  /** Full names of refs. */
  readonly refs: ReadonlyMap<string, Oid>;
  readonly grafts?: readonly string[];
  readonly shallow?: readonly Oid[];
}

const FORMATS: Readonly<Record<ObjectFormat, string>> = {
  sha1: '[core]\n\trepositoryformatversion = 0\n\tbare = true\n',
  sha256: '[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n\tobjectFormat = sha256\n',
};

/** Writes a repository that git reads (gitrepository-layout), file by file, so that it may hold what git would not write. */
export async function writeBareRepository(path: string, repository: BareRepository): Promise<void> {
  const { format, commits, tags = [], trees = [], refs, grafts = [], shallow = [] } = repository;
  const put = async (name: string, content: string | Uint8Array): Promise<void> => {
    const file = join(path, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  };
  await put('HEAD', 'ref: refs/heads/main\n');
  await put('config', FORMATS[format]);
  await mkdir(join(path, 'refs'), { recursive: true });
  await mkdir(join(path, 'objects'), { recursive: true });
  const putObject = (type: string, oid: Oid, body: Uint8Array): Promise<void> => {
    const object = Buffer.concat([Buffer.from(`${type} ${body.length}\0`), body]);
    return put(`objects/${oid.slice(0, 2)}/${oid.slice(2)}`, deflateSync(object));
  };
  for (const [oid, body] of commits) await putObject('commit', oid, body);
  for (const [oid, body] of tags) await putObject('tag', oid, body);
  for (const [oid, body] of trees) await putObject('tree', oid, body);
  for (const [name, oid] of refs) await put(name, `${oid}\n`);
  if (grafts.length > 0) await put('info/grafts', `${grafts.join('\n')}\n`);
  if (shallow.length > 0) await put('shallow', `${shallow.join('\n')}\n`);
}
