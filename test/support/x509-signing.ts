import type { Signatory, X509Identity } from '../../shared/model/signatory.ts';
import { OID } from '../../shared/signatures/x509/oids.ts';
import { parseCms } from '../../shared/signatures/x509/parse-cms.ts';
import { addUnsigned } from './cms-writer.ts';
import {
  AUTHORITY,
  createOpensslAuthority,
  EMAIL_SIGNER,
  type Issued,
  type OpensslAuthority,
  STAMPER,
} from './openssl-authority.ts';
import { createSignatory } from './signatories.ts';
import { outcomeOf } from './verify-payload.ts';

/** A root, a signer and a time stamp authority of openssl. */
export interface X509World {
  readonly openssl: OpensslAuthority;
  readonly root: Issued;
  readonly alice: Issued;
  readonly stamper: Issued;
  /** A signature with a time stamp over it. */
  sign(content: string, signer?: Issued, others?: readonly Issued[]): Buffer;
  stamp(cms: Buffer, by?: Issued, others?: readonly Issued[]): Buffer;
  identity(changes?: Partial<X509Identity>): X509Identity;
  signatory(changes?: Partial<X509Identity>): Signatory;
  /** `verified`, or the reason. */
  judge(content: string, cms: Buffer, changes?: Partial<X509Identity>): string;
}

export function createX509World(): X509World {
  const openssl = createOpensslAuthority();
  const root = openssl.issue({ name: 'Root', extensions: AUTHORITY });
  const alice = openssl.issue({ name: 'Alice', extensions: EMAIL_SIGNER }, root);
  const stamper = openssl.issue({ name: 'Stamper', extensions: STAMPER }, root);
  const world: X509World = {
    ...{ openssl, root, alice, stamper },
    sign: (content, signer = alice, others) => world.stamp(openssl.sign(Buffer.from(content), signer, others)),
    stamp: (cms, by = stamper, others) =>
      addUnsigned(cms, { [OID.timeStampToken]: openssl.stamp(parseCms(cms).signature, by, others) }),
    identity: (changes) => ({
      ...{
        format: 'x509',
        fingerprint: 'alice@example.com (keys/ca.pem)',
        identity: 'alice@example.com',
        isPattern: false,
      },
      trust: { kind: 'authority', certificates: [base64Of(root)], timestampAuthorities: [base64Of(root)] },
      ...changes,
    }),
    signatory: (changes) => createSignatory([world.identity(changes)]),
    judge: (payload, cms, changes) =>
      outcomeOf({ payload, signature: armorCms(cms), signatories: [world.signatory(changes)] }),
  };
  return world;
}

export function armorCms(cms: Uint8Array): string {
  const lines =
    Buffer.from(cms)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return ['-----BEGIN SIGNED MESSAGE-----', ...lines, '-----END SIGNED MESSAGE-----', ''].join('\n');
}

export function base64Of({ der }: Issued): string {
  return der.toString('base64');
}
