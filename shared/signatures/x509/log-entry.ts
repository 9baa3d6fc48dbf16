import { hash } from 'node:crypto';
import { MalformedError } from '../malformed-error.ts';
import { type ProtobufFields, readProtobuf } from './read-protobuf.ts';

/** The JSON form of a `TransparencyLogEntry` (protobuf-specs of Sigstore), as a bundle holds it. */
export type LogEntryJson = Readonly<Record<string, unknown>>;

/** What the log keeps of a signature: gitsign leaves it out of the entry, since it follows from the signature. */
export interface LoggedSignature {
  readonly signedBytes: Uint8Array;
  readonly signature: Uint8Array;
  /** In DER. */
  readonly certificate: Uint8Array;
}

/** Reads the entry that gitsign embeds and puts the body back that it stands for. @throws MalformedError */
export function readLogEntry(bytes: Uint8Array, logged: LoggedSignature): LogEntryJson {
  const entry = readProtobuf(bytes);
  const logId = messageAt(entry, 2);
  const kind = messageAt(entry, 3);
  const promise = messageAt(entry, 5);
  const proof = messageAt(entry, 6);
  const checkpoint = proof === null ? null : messageAt(proof, 5);
  return {
    logIndex: numberAt(entry, 1),
    logId: { keyId: base64At(logId, 1) },
    kindVersion: { kind: textAt(kind, 1), version: textAt(kind, 2) },
    integratedTime: numberAt(entry, 4),
    ...(promise === null ? {} : { inclusionPromise: { signedEntryTimestamp: base64At(promise, 1) } }),
    ...(proof === null
      ? {}
      : {
          inclusionProof: {
            logIndex: numberAt(proof, 1),
            rootHash: base64At(proof, 2),
            treeSize: numberAt(proof, 3),
            hashes: (proof.get(4) ?? []).map((value) => Buffer.from(value as Buffer).toString('base64')),
            checkpoint: { envelope: textAt(checkpoint, 1) },
          },
        }),
    canonicalizedBody: Buffer.from(JSON.stringify(bodyOf(logged))).toString('base64'),
  };
}

/** A `hashedrekord` 0.0.1: its canonical JSON has keys in order and no spaces. */
function bodyOf({ signedBytes, signature, certificate }: LoggedSignature) {
  const base64 = Buffer.from(certificate).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  const pem = `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
  return {
    apiVersion: '0.0.1',
    kind: 'hashedrekord',
    spec: {
      data: { hash: { algorithm: 'sha256', value: hash('sha256', signedBytes, 'hex') } },
      signature: {
        content: Buffer.from(signature).toString('base64'),
        publicKey: { content: Buffer.from(pem).toString('base64') },
      },
    },
  };
}

function messageAt(fields: ProtobufFields, field: number): ProtobufFields | null {
  const value = bytesAt(fields, field);
  return value === null ? null : readProtobuf(value);
}

function bytesAt(fields: ProtobufFields | null, field: number): Buffer | null {
  const values = fields?.get(field) ?? [];
  const [value] = values;
  if (values.length > 1 || typeof value === 'bigint') throw new MalformedError('its log entry is malformed');
  return value ?? null;
}

function base64At(fields: ProtobufFields | null, field: number): string {
  return bytesAt(fields, field)?.toString('base64') ?? '';
}

function textAt(fields: ProtobufFields | null, field: number): string {
  return bytesAt(fields, field)?.toString('utf8') ?? '';
}

function numberAt(fields: ProtobufFields, field: number): string {
  const [value = 0n] = fields.get(field) ?? [];
  if (typeof value !== 'bigint') throw new MalformedError('its log entry is malformed');
  return String(value);
}
