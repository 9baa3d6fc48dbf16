import { OID } from '../../../shared/signatures/x509/oids.ts';
import { addUnsigned } from '../../support/cms-writer.ts';
import { AUTHORITY, EMAIL_SIGNER, STAMPER } from '../../support/openssl-authority.ts';
import { armorCms, createX509World } from '../../support/x509-signing.ts';
import type { Area, NewVector, Workshop } from './workshop.ts';

const DAY_MS = 86_400_000;

type More = Partial<NewVector>;

/** Trust rule 2.4: certificates of authorities that the policy names, with time stamps. */
export async function makeX509(workshop: Workshop): Promise<Area> {
  const area = workshop.area();
  const world = createX509World();
  try {
    const { openssl, root, stamper } = world;
    // A stamp proves when these were made: they are seen after that.
    const at = new Date(Math.ceil(Date.now() / DAY_MS) * DAY_MS).toISOString().replace('.000Z', 'Z');
    const pem = (der: Buffer) =>
      `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
    area.files['ca.pem'] = pem(root.der);
    area.files['other.pem'] = pem(openssl.issue({ name: 'Other', extensions: AUTHORITY }).der);
    const own = { certificateAuthority: 'ca.pem', timestampAuthority: 'ca.pem', identity: 'alice@example.com' };
    const sign = async (
      name: string,
      expect: string,
      make: (payload: string) => Buffer,
      x509: object = {},
      more: More = {},
    ) => {
      const history = await area.history();
      await history.commit('A', {}, (payload) => Buffer.from(armorCms(make(payload.toString()))));
      const policy = { signatories: [{ name: 'Alice', x509: { ...own, ...x509 } }] };
      const made = '`openssl cms -sign`, and `openssl ts -reply` over it.';
      area.record(history, { policy, rule: '2.4', made, name, expect, at, ...more });
    };
    const unstamped = (payload: string) => openssl.sign(Buffer.from(payload), world.alice);
    const stamped = (payload: string) => world.sign(payload);
    const by = (extensions: readonly string[], more: object = {}) =>
      openssl.issue({ name: 'Alice', extensions, ...more }, root);

    await sign('by an authority and at a time that are proven', 'trusted A', stamped);
    await sign('by a pattern for the identity', 'trusted A', stamped, {
      identity: undefined,
      identityPattern: '.*@example[.]com',
    });
    await sign('a part of the identity', 'locked at T on A: unknown_key', stamped, { identity: 'lice@example.com' });
    await sign('another authority', 'locked at T on A: not_signing_key', stamped, {
      certificateAuthority: 'other.pem',
    });
    await sign('an identity of Sigstore', 'locked at T on A: unknown_key', stamped, {
      ...{ certificateAuthority: undefined, timestampAuthority: undefined, issuer: 'https://accounts.google.com' },
    });
    const UNPROVEN = 'locked at T on A: unproven_time';
    await sign('no time stamp', UNPROVEN, unstamped);
    await sign('a time stamp of another authority', UNPROVEN, stamped, { timestampAuthority: 'other.pem' });
    await sign('a time stamp over another signature', UNPROVEN, (payload) =>
      addUnsigned(unstamped(payload), { [OID.timeStampToken]: openssl.stamp(Buffer.from('another'), stamper) }),
    );
    const server = by(['keyUsage=critical,digitalSignature', 'extendedKeyUsage=serverAuth', String(EMAIL_SIGNER[2])]);
    await sign('a certificate for another use', 'locked at T on A: not_signing_key', (payload) =>
      world.sign(payload, server),
    );
    const leaf = by(EMAIL_SIGNER);
    const below = openssl.issue({ name: 'Alice', extensions: EMAIL_SIGNER }, leaf);
    await sign('certified by a signer', 'locked at T on A: not_signing_key', (payload) =>
      world.sign(payload, below, [leaf]),
    );
    const old = by(EMAIL_SIGNER, { until: '20210101000000Z' });
    await sign('after its certificate', 'locked at T on A: expired_key', (payload) => world.sign(payload, old));
    const weak = by(EMAIL_SIGNER, { key: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:1024'] });
    await sign(
      'an RSA key of 1024 bits',
      'locked at T on A: weak_algorithm',
      (payload) => world.sign(payload, weak),
      {},
      {
        rule: ['2.4', '2.5'],
      },
    );
    await sign('over another commit', 'locked at T on A: invalid', (payload) => world.sign(`${payload}more`));
    const MALFORMED = 'locked at T on A: malformed_signature';
    const MISUSED = 'locked at T on A: not_signing_key';
    const bob = by(EMAIL_SIGNER);
    const signWith =
      (...args: readonly string[]) =>
      (payload: string) =>
        openssl.sign(Buffer.from(payload), world.alice, [], args);
    await sign('two signers', MALFORMED, signWith('-signer', bob.certificateFile, '-inkey', bob.keyFile));
    await sign('missing signed attributes', MALFORMED, signWith('-noattr'));
    await sign('wrong content type', MALFORMED, signWith('-econtent_type', '1.2.3.4'));
    await sign('indefinite lengths', MALFORMED, signWith('-stream'));
    const over = (name: string, authority: readonly string[], more: object = {}) => {
      const middle = openssl.issue({ name: 'Middle', extensions: authority, ...more }, root);
      const low = openssl.issue({ name: 'Low', extensions: AUTHORITY }, middle);
      const below = openssl.issue({ name: 'Alice', extensions: EMAIL_SIGNER }, low);
      const expect = name === 'expired chain' ? 'locked at T on A: expired_key' : MISUSED;
      return sign(name, expect, (payload) => world.sign(payload, below, [middle, low]));
    };
    await over('path length broken', [`${AUTHORITY[0]},pathlen:0`, String(AUTHORITY[1])]);
    await over('name constraints', [...AUTHORITY, 'nameConstraints=permitted;email:example.com']);
    await over('CA flag missing', ['basicConstraints=critical,CA:false', String(AUTHORITY[1])]);
    await over('an authority for another use', [...AUTHORITY, 'extendedKeyUsage=serverAuth']);
    await over('an authority for code, a signer for e-mail', [...AUTHORITY, 'extendedKeyUsage=codeSigning']);
    await over('expired chain', AUTHORITY, { until: '20210101000000Z' });
    const signer = openssl.issue({ name: 'Stamper', extensions: STAMPER }, leaf);
    await sign('a time stamp of a stamper that a signer certified', UNPROVEN, (payload) =>
      world.stamp(unstamped(payload), signer, [leaf]),
    );
    return area;
  } finally {
    world.openssl.remove();
  }
}
