import { writeFile } from 'node:fs/promises';
import { createSshForgingKey, forgeSshSignature, type SshForgery } from '../../support/forge-ssh.ts';
import { createSshKey, type SshKeyPair, signWithSsh } from '../../support/signing.ts';
import { type CertificateOptions, certify, reissue } from '../../support/ssh-certificates.ts';
import { createKrl } from '../../support/ssh-keygen.ts';
import type { Area, NewVector, Signer, Workshop } from './workshop.ts';

const TRUSTED = 'trusted A';
const UNKNOWN = 'locked at T on A: unknown_key';
const UNAUTHORIZED = 'locked at T on A: not_authorized';

type More = Partial<NewVector>;

/** Trust rule 2.3: certificates of authorities that the policy names for a signatory. */
export async function makeSshCertificates(workshop: Workshop): Promise<Area> {
  const area = workshop.area();
  const [authority, other, holder] = await Promise.all([createSshKey(), createSshKey(), createSshKey()]);
  const sign = async (name: string, expect: string, ssh: unknown, signer: Signer, more: More = {}) => {
    const history = await area.history();
    await history.commit('A', {}, signer);
    const policy = { signatories: [{ name: 'Alice', ssh }] };
    area.record(history, {
      policy,
      rule: '2.3',
      made: '`ssh-keygen -s`, and `ssh-keygen -Y sign` with it.',
      name,
      expect,
      ...more,
    });
  };
  const named = (line: string) => ({ certificateAuthority: line, principals: ['alice@example.com'] });
  const own = named(authority.publicKey);
  const by = (options: CertificateOptions = {}, from: SshKeyPair = authority): Signer =>
    signWith(holder, certify(from, holder.publicKey, options));

  await sign('by an authority that the policy names', TRUSTED, own, by());
  await sign('with several principals', TRUSTED, own, by({ principals: 'bob@example.com,alice@example.com' }));
  await sign('within its validity', TRUSTED, own, by({ validity: '20250101000000:20300101000000' }));
  const without = { row: 'SSH certificate without CA' };
  await sign('no authority is named, the key itself is', UNKNOWN, holder.publicKey, by(), without);
  await sign('the authority is named as a plain key', UNKNOWN, [authority.publicKey, holder.publicKey], by(), without);
  await sign('another authority is named', UNKNOWN, named(other.publicKey), by(), without);
  await sign('the authority signs itself', UNKNOWN, own, (payload) => signWithSsh(authority, payload), without);
  const wrong = { row: 'SSH certificate with the wrong principal' };
  await sign("another's principal", UNAUTHORIZED, own, by({ principals: 'bob@example.com' }), wrong);
  await sign('a principal in other case', UNAUTHORIZED, own, by({ principals: 'Alice@example.com' }), wrong);
  await sign('a wildcard as principal', UNAUTHORIZED, own, by({ principals: '*' }), wrong);
  await sign('no principal', UNAUTHORIZED, own, by({ principals: '' }), wrong);
  await sign('for a host', 'locked at T on A: not_signing_key', own, by({ args: ['-h'] }), {
    row: 'SSH certificate of host type',
  });
  await sign('with a critical option', UNAUTHORIZED, own, by({ args: ['-O', 'force-command=true'] }));
  const time = { row: 'SSH certificate expired', rule: ['2.3', '3.1'] };
  const expired = { validity: '20250101000000:20250301000000' };
  await sign('expired when it was seen', 'locked at T on A: expired_key', own, by(expired), time);
  await sign('not expired yet when it was seen', TRUSTED, own, by(expired), { ...time, at: '2025-02-15T00:00:00Z' });
  await sign(
    'expired before the commit is dated',
    'locked at T on A: expired_key',
    own,
    by({ validity: '20240101000000:20250115000000' }),
    time,
  );
  await sign(
    'valid only after the commit is dated',
    'locked at T on A: not_yet_valid_key',
    own,
    by({ validity: '20250301000000:20300101000000' }),
    time,
  );

  const krl = createKrl(['serial: 5'], authority.publicKey);
  area.files['revoked-serial'] = { base64: krl.toString('base64') };
  const listed = { ...own, revocations: 'revoked-serial' };
  await sign('with a serial that is revoked', 'locked at T on A: revoked_key', listed, by({ serial: 5 }), {
    rule: ['2.3', '3.3'],
  });
  await sign('with another serial', TRUSTED, listed, by({ serial: 6 }), { rule: ['2.3', '3.3'] });

  await makeForgeries(sign, authority, named);
  await Promise.all([authority, other, holder].map((each) => each.cleanup()));
  return area;
}

/** ssh-keygen signs with a certificate where it finds it beside the private key. */
function signWith(holder: SshKeyPair, certificate: Buffer): Signer {
  return async (payload) => {
    const path = `${holder.path}-cert.pub`;
    await writeFile(path, `ssh-ed25519-cert-v01@openssh.com ${certificate.toString('base64')}\n`);
    return signWithSsh({ ...holder, path }, payload);
  };
}

async function makeForgeries(
  sign: (name: string, expect: string, ssh: unknown, signer: Signer, more?: More) => Promise<void>,
  authority: SshKeyPair,
  named: (line: string) => object,
): Promise<void> {
  const more = { made: 'A certificate of ssh-keygen; fields changed by hand, and signed with node:crypto.' };
  const holder = createSshForgingKey();
  const by =
    (publicKey: Buffer, forgery: SshForgery = {}): Signer =>
    (payload) =>
      forgeSshSignature(holder, payload.toString('latin1'), { ...forgery, publicKey });
  const own = named(authority.publicKey);
  const bobs = certify(authority, holder.line, { principals: 'bob@example.com' });
  const at = bobs.indexOf('bob@example.com');
  const changed = Buffer.concat([bobs.subarray(0, at), Buffer.from('eve@example.com'), bobs.subarray(at + 15)]);
  const evil = named(authority.publicKey);
  await sign(
    'a principal changed after it was signed',
    'locked at T on A: invalid',
    { ...evil, principals: ['eve@example.com'] },
    by(changed),
    more,
  );
  const good = certify(authority, holder.line);
  await sign('forged as it should be', TRUSTED, own, by(good), more);
  await sign(
    'with a byte at its end',
    'locked at T on A: malformed_signature',
    own,
    by(Buffer.concat([good, Buffer.alloc(1)])),
    more,
  );
  const forger = createSshForgingKey();
  const chained = reissue(good, forger, { authorityBlob: certify(authority, forger.line) });
  await sign('that a certificate of the authority signed', UNKNOWN, own, by(chained), {
    ...more,
    row: 'SSH certificate without CA',
  });
}
