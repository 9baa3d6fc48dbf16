import type { DerElement } from '../../shared/signatures/x509/der-element.ts';
import { parseCms } from '../../shared/signatures/x509/parse-cms.ts';
import { changeSignedData, changeSigners, der, derOid } from '../support/cms-writer.ts';
import { AUTHORITY, EMAIL_SIGNER, type Issued } from '../support/openssl-authority.ts';
import { RandomNumbers } from '../support/random-numbers.ts';
import type { X509World } from '../support/x509-signing.ts';

/** A signature over the payload of a world's commit, and what is special about it: the category of a difference. */
export interface X509Variant {
  readonly what: string;
  readonly cms: Buffer;
}

const RSA = (bits: number) => ['-algorithm', 'RSA', '-pkeyopt', `rsa_keygen_bits:${bits}`];
const CURVE = (name: string) => ['-algorithm', 'EC', '-pkeyopt', `ec_paramgen_curve:${name}`];
const KEYS: Readonly<Record<string, readonly [key: readonly string[], digest: string]>> = {
  'RSA-1024': [RSA(1024), 'sha256'],
  'RSA-2048': [RSA(2048), 'sha256'],
  'RSA-3072': [RSA(3072), 'sha512'],
  'P-224': [CURVE('P-224'), 'sha256'],
  'P-256': [CURVE('P-256'), 'sha256'],
  'P-384': [CURVE('P-384'), 'sha384'],
  'P-521': [CURVE('P-521'), 'sha512'],
  brainpoolP256r1: [CURVE('brainpoolP256r1'), 'sha256'],
  brainpoolP384r1: [CURVE('brainpoolP384r1'), 'sha384'],
  secp256k1: [CURVE('secp256k1'), 'sha256'],
  'P-256 with parameters written out': [[...CURVE('P-256'), '-pkeyopt', 'ec_param_enc:explicit'], 'sha256'],
};
const DIGESTS = ['sha1', 'sha224', 'sha256', 'sha384', 'sha512'];
const USES: Readonly<Record<string, readonly string[]>> = {
  'e-mail': EMAIL_SIGNER,
  'code signing': use('digitalSignature', 'extendedKeyUsage=codeSigning'),
  'both, with others': use('digitalSignature', 'extendedKeyUsage=clientAuth,emailProtection,codeSigning'),
  'non-repudiation': use('nonRepudiation', 'extendedKeyUsage=emailProtection'),
  'servers alone': use('digitalSignature', 'extendedKeyUsage=serverAuth'),
  'servers alone, critical': use('digitalSignature', 'extendedKeyUsage=critical,serverAuth'),
  'time stamps alone': use('digitalSignature', 'extendedKeyUsage=critical,timeStamping'),
  'no extended key usage': use('digitalSignature'),
  'key encipherment': use('keyEncipherment', 'extendedKeyUsage=emailProtection'),
  'no key usage': EMAIL_SIGNER.slice(1),
  'an unknown critical extension': [...EMAIL_SIGNER, '1.2.3.4=critical,DER:0500'],
  'an unknown extension': [...EMAIL_SIGNER, '1.2.3.4=DER:0500'],
  'the flag of an authority': ['basicConstraints=critical,CA:true', ...EMAIL_SIGNER],
};
const PAST = { from: '20200101000000Z', until: '20210101000000Z' };
const FUTURE = { from: '20390101000000Z' };

function use(usage: string, ...more: readonly string[]): readonly string[] {
  return [`keyUsage=critical,${usage}`, ...more, 'subjectAltName=email:alice@example.com'];
}

/** Everything that openssl signs, and what can be done to it by hand. */
export function x509Variants(world: X509World, payload: string): readonly X509Variant[] {
  const { openssl, root } = world;
  const variants: X509Variant[] = [];
  const add = (what: string, cms: Buffer) => variants.push({ what, cms: stamped(world, cms) });
  const issue = (name: string, extensions: readonly string[], issuer?: Issued, more: object = {}) =>
    openssl.issue({ name, extensions, ...more }, issuer);
  const signWith = (signer: Issued, others: readonly Issued[] = [], args: readonly string[] = []) =>
    openssl.sign(Buffer.from(payload), signer, others, args);

  for (const [name, [key, digest]] of Object.entries(KEYS)) {
    add(`key: ${name}`, signWith(issue('Alice', EMAIL_SIGNER, root, { key }), [], ['-md', digest]));
  }
  const rsa = issue('Alice', EMAIL_SIGNER, root, { key: RSA(2048) });
  for (const digest of DIGESTS) {
    add(`digest: ${digest} with P-256`, signWith(world.alice, [], ['-md', digest]));
    add(`digest: ${digest} with RSA`, signWith(rsa, [], ['-md', digest]));
  }
  const p384 = issue('Alice', EMAIL_SIGNER, root, { key: CURVE('P-384') });
  add('digest: sha256 with P-384', signWith(p384, [], ['-md', 'sha256']));
  add('digest: md5 with RSA', signWith(rsa, [], ['-md', 'md5']));
  add('RSA-PSS', signWith(rsa, [], ['-keyopt', 'rsa_padding_mode:pss']));
  for (const [name, extensions] of Object.entries(USES)) {
    add(`use: ${name}`, signWith(issue('Alice', extensions, root)));
  }
  for (const [what, signer, others] of chains(issue, root)) add(`chain: ${what}`, signWith(signer, others));
  for (const [what, args] of FORMS) add(`form: ${what}`, signWith(world.alice, [], args));
  const good = signWith(world.alice);
  add('form: over another payload', openssl.sign(Buffer.from(`${payload}more`), world.alice));
  for (const [what, change] of Object.entries(SIGNER_CHANGES)) {
    add(
      `changed: ${what}`,
      changeSigners(good, ([signer = []]) => change(signer)),
    );
  }
  for (const [what, change] of Object.entries(DATA_CHANGES)) add(`changed: ${what}`, changeSignedData(good, change));
  const stranger = issue('Stranger', EMAIL_SIGNER);
  add('changed: an unrelated certificate beside', signWith(world.alice, [stranger]));
  return variants;
}

/** One bit changed in each, and in all that is in it: certificates, signatures, stamps. */
export function mutateX509(originals: readonly X509Variant[], seed: number, count: number): readonly X509Variant[] {
  const random = new RandomNumbers(seed);
  return Array.from({ length: count }, () => {
    const cms = Buffer.from(random.pick(originals).cms);
    const at = random.below(cms.length);
    cms[at] = Number(cms[at]) ^ (1 << random.below(8));
    return { what: 'a bit changed', cms };
  });
}

/** Some cannot be read any more by what makes stamps: their refusal needs none. */
function stamped(world: X509World, cms: Buffer): Buffer {
  try {
    parseCms(cms);
  } catch {
    return cms;
  }
  return world.stamp(cms);
}

type Issue = (name: string, extensions: readonly string[], issuer?: Issued, more?: object) => Issued;

function chains(issue: Issue, root: Issued): readonly (readonly [what: string, signer: Issued, others: Issued[]])[] {
  const [constraints = '', usage = ''] = AUTHORITY;
  const under = (...above: Issued[]) => [issue('Alice', EMAIL_SIGNER, above.at(-1) ?? root), above] as const;
  const authority = (name: string, extensions: readonly string[] = AUTHORITY, issuer = root, more = {}) =>
    issue(name, extensions, issuer, more);
  const one = authority('One');
  const two = authority('Two', AUTHORITY, one);
  const three = authority('Three', AUTHORITY, two);
  const four = authority('Four', AUTHORITY, three);
  const alone = authority('Alone');
  const short = authority('Short', [`${constraints},pathlen:0`, usage]);
  const below = authority('Below', AUTHORITY, short);
  const deep = authority('Deep', [`${constraints},pathlen:1`, usage]);
  const inner = authority('Inner', AUTHORITY, deep);
  const leaf = issue('Leaf', EMAIL_SIGNER, root);
  const stranger = issue('Stranger', AUTHORITY);
  const twin = issue('Root', AUTHORITY);
  const between = (name: string, extensions: readonly string[], more = {}) =>
    under(authority(name, extensions, root, more));
  return [
    ['over one authority', ...under(one)],
    ['over two', ...under(one, two)],
    ['over three', ...under(one, two, three)],
    ['over four', ...under(one, two, three, four)],
    ['the authority between is missing', under(alone)[0], []],
    ['as long as it may be', ...under(deep, inner)],
    ['longer than it may be', ...under(short, below)],
    ['over a certificate of a signer', ...under(leaf)],
    ['over an authority that may not certify', ...between('Mute', [constraints, 'keyUsage=critical,cRLSign'])],
    ['over an authority for servers', ...between('Servers', [...AUTHORITY, 'extendedKeyUsage=serverAuth'])],
    ['over an authority for code', ...between('Code', [...AUTHORITY, 'extendedKeyUsage=codeSigning'])],
    ['over an authority for e-mail', ...between('Mail', [...AUTHORITY, 'extendedKeyUsage=emailProtection'])],
    ['names constrained', ...between('Bound', [...AUTHORITY, 'nameConstraints=permitted;email:example.com'])],
    ['names excluded', ...between('Barred', [...AUTHORITY, 'nameConstraints=critical,excluded;email:example.com'])],
    ['over an ended authority', ...between('Ended', AUTHORITY, PAST)],
    ['over an authority of SHA-1', ...between('Old', AUTHORITY, { digest: 'sha1' })],
    ['over an authority of P-384 by SHA-256', ...between('Long', AUTHORITY, { key: CURVE('P-384') })],
    ['over an authority of RSA-1024', ...between('Weak', AUTHORITY, { key: RSA(1024) })],
    ['ended', issue('Alice', EMAIL_SIGNER, root, PAST), []],
    ['not begun', issue('Alice', EMAIL_SIGNER, root, FUTURE), []],
    ['signed by SHA-1', issue('Alice', EMAIL_SIGNER, root, { digest: 'sha1' }), []],
    ['of a stranger', issue('Alice', EMAIL_SIGNER, stranger), [stranger]],
    ['of another authority of that name', issue('Alice', EMAIL_SIGNER, twin), [twin]],
    ['signed by itself', issue('Alice', EMAIL_SIGNER), []],
  ];
}

const FORMS: readonly (readonly [what: string, args: readonly string[]])[] = [
  ['as openssl makes it', []],
  ['by key identifier', ['-keyid']],
  ['with the certificate named (RFC 5035)', ['-cades']],
  ['no signed attributes', ['-noattr']],
  ['no certificates', ['-nocerts']],
  ['its content inside', ['-nodetach']],
  ['an indefinite length', ['-nodetach', '-stream']],
  ['another type of content', ['-econtent_type', '1.2.3.4']],
];

type Signer = readonly Buffer[];

const SIGNER_CHANGES: Readonly<Record<string, (signer: Signer) => readonly (readonly Uint8Array[])[]>> = {
  'no signer': () => [],
  'the signer twice': (signer) => [signer, signer],
  'an attribute twice': (signer) => [replace(signer, 3, twice)],
  'no attributes in their place': (signer) => [replace(signer, 3, () => der(0xa0))],
  'another version': (signer) => [replace(signer, 0, () => der(0x02, Buffer.of(3)))],
  'another digest named': (signer) => [replace(signer, 2, () => der(0x30, derOid('2.16.840.1.101.3.4.2.3')))],
  'another algorithm named': (signer) => [replace(signer, 4, () => der(0x30, derOid('1.2.840.10045.4.3.4')))],
  'a signature that ends early': (signer) => [replace(signer, 5, (one) => der(0x04, one.subarray(2, -1)))],
  'a signature of zeros': (signer) => [replace(signer, 5, () => der(0x04, der(0x30, zero, zero)))],
};
const zero = der(0x02, Buffer.of(0));

const DATA_CHANGES: Readonly<Record<string, (elements: readonly DerElement[]) => readonly Uint8Array[]>> = {
  'its certificates twice': (elements) => elements.map((one) => (one.tag === 0xa0 ? double(one) : one.whole)),
  'no certificates': (elements) => elements.filter(({ tag }) => tag !== 0xa0).map(({ whole }) => whole),
  'no digests listed': (elements) => elements.map(({ whole }, at) => (at === 1 ? der(0x31) : whole)),
};

function replace(signer: Signer, index: number, change: (part: Buffer) => Buffer): readonly Uint8Array[] {
  return signer.map((part, at) => (at === index ? change(part) : part));
}

/** The attributes with the first of them twice. */
function twice(attributes: Buffer): Buffer {
  const content = attributes.subarray(attributes.length < 130 ? 2 : 3);
  return der(0xa0, content.subarray(0, 2 + Number(content[1])), content);
}

function double({ content }: DerElement): Buffer {
  return der(0xa0, content, content);
}
