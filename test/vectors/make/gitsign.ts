import { createLog, createSigstoreWorld, ISSUER } from '../../support/sigstore-world.ts';
import { armorCms } from '../../support/x509-signing.ts';
import { type Area, type NewVector, SIGNED, type Workshop } from './workshop.ts';

/** Within the ten minutes of a certificate of Fulcio. */
const LOGGED = SIGNED + 120;
const EMAIL = 'alice@example.com';

/** Trust rule 2.4: identities that Fulcio certifies and times that Rekor logs, both with keys of our own. */
export async function makeGitsign(workshop: Workshop): Promise<Area> {
  const area = workshop.area();
  const world = createSigstoreWorld();
  try {
    area.files['trusted_root.json'] = world.trustedRoot;
    const alice = world.certify(EMAIL);
    const own = { issuer: ISSUER, trustedRoot: 'trusted_root.json', identity: EMAIL };
    const sign = async (
      name: string,
      expect: string,
      make: (payload: Buffer) => Buffer = (payload) => world.sign(payload, alice, LOGGED),
      x509: object = {},
      more: Partial<NewVector> = {},
    ) => {
      const history = await area.history();
      await history.commit('A', {}, (payload) => Buffer.from(armorCms(make(payload))));
      const policy = { signatories: [{ name: 'Alice', x509: { ...own, ...x509 } }] };
      const made = '`openssl cms -sign` with a certificate and a log entry as Fulcio and Rekor make them.';
      area.record(history, { policy, rule: '2.4', made, name, expect, ...more });
    };
    const UNKNOWN = 'locked at T on A: unknown_key';
    const MALFORMED = 'locked at T on A: malformed_signature';

    await sign('by an identity and at a time that are proven', 'trusted A');
    await sign('by a pattern for the identity', 'trusted A', undefined, {
      identity: undefined,
      identityPattern: '[a-z]+@example[.]com',
    });
    await sign('identity as a substring', UNKNOWN, undefined, { identity: 'lice@example.com' });
    await sign('a pattern for a part of the identity', UNKNOWN, undefined, {
      identity: undefined,
      identityPattern: 'example[.]com',
    });
    await sign('the beginning of the issuer', UNKNOWN, undefined, { issuer: 'https://accounts.example.co' });
    await sign('without a log entry', 'locked at T on A: unproven_time', (payload) =>
      world.openssl.sign(payload, alice),
    );
    await sign('the digest of another payload', 'locked at T on A: invalid', (payload) =>
      world.sign(Buffer.concat([payload, Buffer.from('more')]), alice, LOGGED),
    );
    await sign('the log entry of another signature', MALFORMED, (payload) => {
      const another = world.openssl.sign(Buffer.from('another'), alice);
      return world.log(another, alice, LOGGED, world.openssl.sign(payload, alice));
    });
    await sign('integrated time after the certificate', MALFORMED, (payload) =>
      world.sign(payload, alice, SIGNED + 601),
    );
    await sign('integrated time before the certificate', MALFORMED, (payload) =>
      world.sign(payload, alice, SIGNED - 1),
    );
    await sign(
      'integrated time long after the commit is seen',
      'locked at T on A: future_signature',
      undefined,
      {},
      {
        rule: ['2.4', '3.2'],
        at: '2025-01-31T00:00:00Z',
      },
    );
    const tampered = world.certify(EMAIL, {
      promise: (signature) => Buffer.concat([signature.subarray(0, -1), Buffer.from([Number(signature.at(-1)) ^ 1])]),
    });
    await sign('tampered SCT', MALFORMED, (payload) => world.sign(payload, tampered, LOGGED));
    const stranger = world.certify(EMAIL, { certificateLog: createLog() });
    await sign('SCT of an unknown log', MALFORMED, (payload) => world.sign(payload, stranger, LOGGED));
    const secret = world.certify(EMAIL, { certificateLog: null });
    await sign('no SCT', MALFORMED, (payload) => world.sign(payload, secret, LOGGED));
    const mallory = world.certify('mallory@example.com');
    await sign('two certificates, the signer among them', 'trusted A', (payload) =>
      world.log(world.openssl.sign(payload, alice, [mallory]), alice, LOGGED),
    );
    return area;
  } finally {
    world.openssl.remove();
  }
}
