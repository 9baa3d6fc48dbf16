import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** A key that signs whatever SSH signature a test asks for. */
export interface SshForgingKey {
  readonly blob: Buffer;
  /** The line of its `.pub` file. */
  readonly line: string;
  readonly privateKey: KeyObject;
  readonly kind: SshKind;
  /** Of a FIDO key. */
  readonly application: string;
}

export type SshKind = 'ed25519' | 'rsa1024' | 'rsa2048' | 'p256' | 'p384' | 'p521' | FidoKind;
type FidoKind = 'sk-ed25519' | 'sk-p256';

/** What a FIDO key is made for, unless a test says otherwise. */
const APPLICATION = 'ssh:';

const CURVES = {
  p256: { curve: 'P-256', name: 'nistp256', digest: 'sha256' },
  p384: { curve: 'P-384', name: 'nistp384', digest: 'sha384' },
  p521: { curve: 'P-521', name: 'nistp521', digest: 'sha512' },
  'sk-p256': { curve: 'P-256', name: 'nistp256', digest: 'sha256' },
} as const;

const FIDO_TYPES = {
  'sk-ed25519': 'sk-ssh-ed25519@openssh.com',
  'sk-p256': 'sk-ecdsa-sha2-nistp256@openssh.com',
} as const satisfies Record<FidoKind, string>;

export function createSshForgingKey(kind: SshKind = 'ed25519', application = APPLICATION): SshForgingKey {
  const { publicKey, privateKey } = generate(kind);
  const blob = encodeKey(kind, publicKey, application);
  const type = blob.subarray(4, 4 + blob.readUInt32BE(0)).toString();
  return { blob, line: `${type} ${blob.toString('base64')} alice@example.com`, privateKey, kind, application };
}

/** What of the signature is to be otherwise than PROTOCOL.sshsig and git ask. */
export interface SshForgery {
  readonly magic?: string;
  readonly version?: number;
  readonly publicKey?: Buffer;
  readonly namespace?: string;
  readonly reserved?: Buffer;
  readonly hash?: string;
  readonly algorithm?: string;
  readonly digest?: string | null;
  readonly material?: (material: Buffer) => Buffer;
  /** Of a FIDO device: 0x01 for touched, 0x04 for verified. */
  readonly flags?: number;
  readonly counter?: number;
  readonly application?: string;
  readonly afterMaterial?: Buffer;
  readonly afterAll?: Buffer;
}

/** An armored signature over `payload`, correctly signed in all that `forgery` does not ask otherwise. */
export function forgeSshSignature(key: SshForgingKey, payload: string, forgery: SshForgery = {}): Buffer {
  return armorSsh(forgeSshBlob(key, payload, forgery));
}

export function forgeSshBlob(key: SshForgingKey, payload: string, forgery: SshForgery = {}): Buffer {
  const { magic = 'SSHSIG', version = 1, namespace = 'git', reserved = Buffer.alloc(0), hash = 'sha512' } = forgery;
  const payloadDigest = createHash(hash).update(payload).digest();
  const signed = Buffer.concat([
    Buffer.from('SSHSIG'),
    ...[Buffer.from(namespace), reserved, Buffer.from(hash), payloadDigest].map(sshString),
  ]);
  const inner = signInner(key, signed, forgery);
  const fields = [forgery.publicKey ?? key.blob, Buffer.from(namespace), reserved, Buffer.from(hash), inner];
  return Buffer.concat([
    Buffer.from(magic),
    uint32(version),
    ...fields.map(sshString),
    forgery.afterAll ?? Buffer.alloc(0),
  ]);
}

/** The inner signature of `key` over any bytes, as a certificate's authority makes it. */
export function signInner(key: SshForgingKey, message: Buffer, forgery: SshForgery = {}): Buffer {
  const usual = usualAlgorithm(key);
  const { algorithm = usual.algorithm, digest = usual.digest, material = (bytes: Buffer) => bytes } = forgery;
  const device = isFido(key.kind)
    ? Buffer.concat([Uint8Array.of(forgery.flags ?? 1), uint32(forgery.counter ?? 7)])
    : null;
  const application = forgery.application ?? key.application;
  const signed = device === null ? message : Buffer.concat([sha256(application), device, sha256(message)]);
  return Buffer.concat([
    sshString(Buffer.from(algorithm)),
    sshString(material(signMaterial(key, signed, digest))),
    device ?? Buffer.alloc(0),
    forgery.afterMaterial ?? Buffer.alloc(0),
  ]);
}

export function armorSsh(blob: Uint8Array): Buffer {
  const lines =
    Buffer.from(blob)
      .toString('base64')
      .match(/.{1,70}/g) ?? [];
  return Buffer.from(['-----BEGIN SSH SIGNATURE-----', ...lines, '-----END SSH SIGNATURE-----', ''].join('\n'));
}

export function sshString(bytes: Uint8Array): Buffer {
  return Buffer.concat([uint32(bytes.length), bytes]);
}

/** A positive multiple precision integer in its shortest form. */
export function sshInteger(magnitude: Uint8Array): Buffer {
  const start = magnitude.findIndex((byte) => byte !== 0);
  const minimal = magnitude.subarray(start);
  return sshString((minimal[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), minimal]) : minimal);
}

function generate(kind: SshKind): { publicKey: KeyObject; privateKey: KeyObject } {
  if (kind === 'ed25519' || kind === 'sk-ed25519') return generateKeyPairSync('ed25519');
  if (kind === 'rsa1024' || kind === 'rsa2048')
    return generateKeyPairSync('rsa', { modulusLength: kind === 'rsa1024' ? 1024 : 2048 });
  return generateKeyPairSync('ec', { namedCurve: CURVES[kind].curve });
}

function encodeKey(kind: SshKind, publicKey: KeyObject, application: string): Buffer {
  const jwk = publicKey.export({ format: 'jwk' });
  const field = (name: 'x' | 'y' | 'n' | 'e') => Buffer.from(jwk[name] ?? '', 'base64url');
  if (kind === 'ed25519') return Buffer.concat([Buffer.from('ssh-ed25519'), field('x')].map(sshString));
  if (kind === 'sk-ed25519') {
    return Buffer.concat([Buffer.from(FIDO_TYPES[kind]), field('x'), Buffer.from(application)].map(sshString));
  }
  if (kind === 'rsa1024' || kind === 'rsa2048') {
    return Buffer.concat([sshString(Buffer.from('ssh-rsa')), sshInteger(field('e')), sshInteger(field('n'))]);
  }
  const { name } = CURVES[kind];
  const point = Buffer.concat([Buffer.from([4]), field('x'), field('y')]);
  if (kind === 'sk-p256') {
    const fields = [FIDO_TYPES[kind], name, point, application];
    return Buffer.concat(fields.map((each) => sshString(Buffer.from(each))));
  }
  return Buffer.concat([Buffer.from(`ecdsa-sha2-${name}`), Buffer.from(name), point].map(sshString));
}

function usualAlgorithm({ kind }: SshForgingKey): { algorithm: string; digest: string | null } {
  if (kind === 'ed25519') return { algorithm: 'ssh-ed25519', digest: null };
  if (kind === 'rsa1024' || kind === 'rsa2048') return { algorithm: 'rsa-sha2-512', digest: 'sha512' };
  if (kind === 'sk-ed25519') return { algorithm: FIDO_TYPES[kind], digest: null };
  const { name, digest } = CURVES[kind];
  if (kind === 'sk-p256') return { algorithm: FIDO_TYPES[kind], digest };
  return { algorithm: `ecdsa-sha2-${name}`, digest };
}

function signMaterial({ kind, privateKey }: SshForgingKey, signed: Buffer, digest: string | null): Buffer {
  if (kind === 'ed25519' || kind === 'sk-ed25519' || kind === 'rsa1024' || kind === 'rsa2048')
    return sign(digest, signed, privateKey);
  const pair = sign(digest, signed, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return Buffer.concat([sshInteger(pair.subarray(0, pair.length / 2)), sshInteger(pair.subarray(pair.length / 2))]);
}

function isFido(kind: SshKind): kind is FidoKind {
  return Object.hasOwn(FIDO_TYPES, kind);
}

function sha256(data: Uint8Array | string): Buffer {
  return createHash('sha256').update(data).digest();
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
