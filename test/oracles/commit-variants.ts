import { commitPayload, foldHeader, identityAt, insertHeader, signedCommit } from '../support/commit-bytes.ts';

/** A changed commit, and what was done to it: the category under which a difference is counted. */
export interface Variant {
  readonly what: string;
  readonly raw: Buffer;
  /** git cannot parse it among others, so it is asked about this commit alone. */
  readonly isOdd?: true;
}

const OTHER_TREE = 'b'.repeat(40);
const OTHER_PARENT = 'a'.repeat(40);

/** Changes of what is signed, under a signature that stays. */
export function payloadVariants(payload: Buffer, armor: Buffer): readonly Variant[] {
  const text = payload.toString('latin1');
  const change = (what: string, from: RegExp | string, to: string): Variant => {
    const changed = text.replace(from, to);
    if (changed === text) throw new Error(`${what}: nothing was changed.`);
    return { what: `payload: ${what}`, raw: signedCommit(Buffer.from(changed, 'latin1'), armor) };
  };
  return [
    change('another tree', /(?<=^tree )\S+/, OTHER_TREE),
    change('a parent added', '\nauthor', `\nparent ${OTHER_PARENT}\nauthor`),
    change('another author', /(?<=\nauthor )[^<]+/, 'Mallory '),
    change('another committer', /(?<=\ncommitter )[^<]+/, 'Mallory '),
    change('another date', /\d{5} \+0000\ncommitter/, '12345 +0000\ncommitter'),
    change('another zone', /\+0000(?=\ncommitter)/, '+0100'),
    change('a header added', /\n\n/, '\nchange-id zz\n\n'),
    change('a message changed', /message/, 'massage'),
    change('a line feed added', /$/, '\n'),
    change('the last line feed taken away', /\n$/, ''),
    change('CR LF in the message', /\n$/, '\r\n'),
    change('white space at a line end', /\n$/, ' \n'),
    change('a NUL byte in the message', /message/, 'mess\0age'),
    change('an upper-case tree', /(?<=^tree )\S+/, '4B825DC642CB6EB9A060E54BF8D69288FBEE4904'),
  ];
}

/** Headers around the signature that git leaves out of what it checks, and headers that it does not. */
export function headerVariants(payload: Buffer, armor: Buffer): readonly Variant[] {
  const folded = foldHeader('gpgsig', armor).toString('latin1');
  const text = payload.toString('latin1');
  const commit = (header: string) => insertHeader(payload, Buffer.from(header, 'latin1'));
  const at = (pattern: RegExp) =>
    Buffer.from(
      text.replace(pattern, (found) => `${folded}${found}`),
      'latin1',
    );
  return [
    { what: 'header: gpgsig-x beside the signature', raw: commit(`gpgsig-x evil\n${folded}`) },
    { what: 'header: gpgsigX behind the signature', raw: commit(`${folded}gpgsigX evil\n`) },
    {
      what: 'header: gpgsig-sha256 beside the signature',
      raw: commit(folded + folded.replace('gpgsig', 'gpgsig-sha256')),
    },
    {
      what: 'header: the signature of the other object format',
      raw: commit(folded.replace('gpgsig', 'gpgsig-sha256')),
    },
    { what: 'header: the signature twice', raw: commit(folded + folded) },
    { what: 'header: an empty gpgsig first', raw: commit(`gpgsig \n${folded}`) },
    { what: 'header: an empty gpgsig last', raw: commit(`${folded}gpgsig \n`) },
    { what: 'header: the signature under another name', raw: commit(folded.replace('gpgsig', 'signature')) },
    { what: 'header: before tree', raw: at(/^tree/), isOdd: true },
    { what: 'header: before author', raw: at(/author/) },
    { what: 'header: before committer', raw: at(/committer/) },
    { what: 'header: a tab instead of a space', raw: commit(folded.replace('gpgsig ', 'gpgsig\t')) },
    { what: 'header: a continuation line without its space', raw: commit(folded.replace(/\n (?=\S{20})/, '\n')) },
    { what: 'header: continuation lines with two spaces', raw: commit(folded.replaceAll('\n ', '\n  ')) },
    {
      what: 'header: a CR at the end of the tree line',
      raw: Buffer.from(signedCommit(payload, armor).toString('latin1').replace('\n', '\r\n'), 'latin1'),
      isOdd: true,
    },
  ];
}

/** Commits that are signed as they are, and that Headlock must read strictly (trust rule 1.2) or accept. */
export function signableForms(): readonly { readonly what: string; readonly payload: Buffer; readonly isOdd?: true }[] {
  const plain = commitPayload();
  const text = plain.toString();
  const change = (what: string, from: RegExp | string, to: string) => ({
    what: `form: ${what}`,
    payload: Buffer.from(text.replace(from, to), 'latin1'),
  });
  const odd = (what: string, from: RegExp | string, to: string) => ({
    ...change(what, from, to),
    isOdd: true as const,
  });
  const [tree, author] = [/^tree .*\n/, /author .*\n/].map((line) => line.exec(text)?.[0] ?? '');
  const parent = `parent ${OTHER_PARENT}\n`;
  return [
    { what: 'form: plain', payload: plain },
    { what: 'form: a merge', payload: commitPayload({ parents: ['c'.repeat(40), 'd'.repeat(40)] }) },
    {
      what: 'form: an encoding',
      payload: commitPayload({ headers: 'encoding ISO-8859-1\n', message: 'Gr\xfc\xdfe\n' }),
    },
    { what: 'form: a change-id', payload: commitPayload({ headers: 'change-id zzzz\n' }) },
    { what: 'form: CR LF in the message', payload: commitPayload({ message: 'A message\r\n\r\nwith CR LF\r\n' }) },
    { what: 'form: no message', payload: commitPayload({ message: '' }) },
    { what: 'form: no line feed at the end', payload: commitPayload({ message: 'A message' }) },
    {
      what: 'form: an armor in the message',
      payload: commitPayload({ message: 'gpgsig -----BEGIN PGP SIGNATURE-----\n' }),
    },
    { what: 'form: no name', payload: commitPayload({ committer: identityAt(1_767_225_600, '').trimStart() }) },
    {
      what: 'form: a mergetag that holds a signature',
      payload: commitPayload({ headers: foldHeader('mergetag', mergedTag()).toString() }),
    },
    change('a NUL byte in the message', 'message', 'mess\0age'),
    change('two author lines', author ?? '', `${author}${author}`),
    change('a parent after the author', author ?? '', `${author}${parent}`),
    change('an author without an email', /author .* <.*>/, 'author Alice'),
    change('a committer date with a leading zero', /(?<=committer .*> )/, '0'),
    change('a CR in the author line', /(?<=author Alice)/, '\r'),
    change('a header without a value', /\n\n/, '\nempty\n\n'),
    odd('two tree lines', tree ?? '', `${tree}${tree}`),
    odd('no tree', tree ?? '', ''),
    odd('a short parent', author ?? '', `parent bbbb\n${author}`),
  ];
}

function mergedTag(): Buffer {
  const body = `object ${'e'.repeat(40)}\ntype commit\ntag v1\ntagger ${identityAt(1_767_225_600)}\n\nA tag\n`;
  return Buffer.from(`${body}-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----\n`);
}
