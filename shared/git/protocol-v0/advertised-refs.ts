import { isOid, type ObjectFormat, type Oid, oidBytes } from '../../model/oid.ts';
import { badResponse } from '../transport-error.ts';

/** What a server of versions 0 and 1 says first (gitprotocol-pack, "Reference Discovery"). */
export interface AdvertisedRefs {
  readonly format: ObjectFormat;
  /** With their values: `agent=…`. */
  readonly capabilities: ReadonlySet<string>;
  /** Names with one character a byte. */
  readonly refs: readonly { readonly name: string; readonly oid: Oid }[];
  /** Whether it is without what is behind some commits. */
  readonly isShallow: boolean;
}

/** Stands for a ref in a repository that has none. */
const NO_REF = 'capabilities^{}';

/** @throws TransportError where the lines are no list of refs, the first with the capabilities after a NUL */
export function parseAdvertisedRefs(lines: readonly string[]): AdvertisedRefs {
  const listed = lines[0] === 'version 1' ? lines.slice(1) : lines;
  const [first = '', ...others] = listed;
  const nul = first.indexOf('\0');
  if (nul < 0 && listed.length > 0) throw badResponse('it does not speak the git protocol');
  const capabilities = new Set(first.slice(nul + 1).split(' '));
  const format = readFormat(capabilities);
  const isBoundary = (line: string): boolean => /^shallow [0-9a-f]+$/.test(line);
  const refs = [first.slice(0, nul), ...others].flatMap((line) => {
    if (isBoundary(line) || listed.length === 0) return [];
    const [oid = '', name = ''] = line.split(' ', 2);
    if (!isOid(oid) || oid.length !== 2 * oidBytes(format) || name === '')
      throw badResponse('its list of refs cannot be read');
    // What a tag leads to follows it under the same name.
    return name === NO_REF || name.endsWith('^{}') ? [] : [{ name, oid }];
  });
  return { format, capabilities, refs, isShallow: listed.some(isBoundary) };
}

function readFormat(capabilities: ReadonlySet<string>): ObjectFormat {
  const formats = [...capabilities].filter((each) => each.startsWith('object-format='));
  const format = formats[0]?.slice('object-format='.length) ?? 'sha1';
  if (format !== 'sha1' && format !== 'sha256') throw badResponse('it uses an unknown object format');
  return format;
}
