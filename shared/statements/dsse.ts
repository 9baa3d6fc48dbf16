import { createHash, verify as isSignature, type KeyObject } from 'node:crypto';
import type { Statement } from './create-statement.ts';

/** Of an in-toto statement in JSON (in-toto attestation framework, envelope layer). */
export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

/** Of the envelope as it is served. */
export const ENVELOPE_TYPE = 'application/vnd.dsse.envelope.v1+json';

/** What is signed in place of a payload: its type is bound to it, and both lengths (DSSE 1.0.2, protocol). */
export function encodeForSigning(payloadType: string, payload: Uint8Array): Buffer {
  const type = Buffer.from(payloadType, 'utf8');
  const head = [`DSSEv1 ${type.length} `, type, ` ${payload.length} `];
  return Buffer.concat([...head.map((part) => Buffer.from(part)), payload]);
}

/** SHA-256 of what is signed for a statement, 32 bytes: the digest that goes to KMS, which takes no more than 4,096 bytes. */
export function digestStatement({ payload }: Statement): Buffer {
  return createHash('sha256').update(encodeForSigning(PAYLOAD_TYPE, payload)).digest();
}

/** Whether a DER-encoded ECDSA signature is one over a statement by this key. */
export function isSignedBy(key: KeyObject, { payload }: Statement, signature: Uint8Array): boolean {
  return isSignature('sha256', encodeForSigning(PAYLOAD_TYPE, payload), { key, dsaEncoding: 'der' }, signature);
}

/** The envelope in JSON (DSSE 1.0.2, envelope). */
export function createEnvelope({ payload }: Statement, keyId: string, signature: Uint8Array): string {
  return JSON.stringify({
    payload: Buffer.from(payload).toString('base64'),
    payloadType: PAYLOAD_TYPE,
    signatures: [{ keyid: keyId, sig: Buffer.from(signature).toString('base64') }],
  });
}
