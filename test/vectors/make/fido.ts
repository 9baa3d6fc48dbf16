import { createSshForgingKey, forgeSshSignature, type SshForgery } from '../../support/forge-ssh.ts';
import type { Area, Workshop } from './workshop.ts';

const UNAUTHORIZED = 'locked at T on A: not_authorized';
const MALFORMED = 'locked at T on A: malformed_signature';
const TRUSTED = 'trusted A';
const MADE = 'Signed with node:crypto as a device does (PROTOCOL.u2f).';
const [TOUCHED, VERIFIED] = [0x01, 0x04];

/** Trust rule 2.3: keys in security keys (FIDO). There is none here, so node:crypto signs as one would. */
export async function makeFido(workshop: Workshop): Promise<Area> {
  const area = workshop.area();
  for (const kind of ['sk-ed25519', 'sk-p256'] as const) {
    const key = createSshForgingKey(kind);
    const sign = async (name: string, expect: string, forgery: SshForgery, userVerification = false, row?: string) => {
      const history = await area.history();
      await history.commit('A', {}, (payload) => forgeSshSignature(key, payload.toString('latin1'), forgery));
      area.record(history, {
        name: `${kind}: ${name}`,
        rule: '2.3',
        ...(row !== undefined && { row }),
        made: MADE,
        policy: {
          signatories: [{ name: 'Alice', ssh: userVerification ? { keys: key.line, userVerification } : key.line }],
        },
        expect,
      });
    };
    const row = 'FIDO without presence';
    await sign('touched', TRUSTED, { flags: TOUCHED });
    await sign('touched and verified', TRUSTED, { flags: TOUCHED | VERIFIED });
    await sign('nobody touched it', UNAUTHORIZED, { flags: 0 }, false, row);
    await sign('verified and not touched', UNAUTHORIZED, { flags: VERIFIED }, false, row);
    await sign('userVerification, and only touched', UNAUTHORIZED, { flags: TOUCHED }, true, row);
    await sign('userVerification, and verified', TRUSTED, { flags: TOUCHED | VERIFIED }, true);
    await sign('for another application', 'locked at T on A: invalid', { application: 'https://example.com' });
    await sign(
      'the algorithm of WebAuthn',
      MALFORMED,
      { algorithm: 'webauthn-sk-ecdsa-sha2-nistp256@openssh.com' },
      false,
      'key type differing from algorithm',
    );
    await sign('a byte after its counter', MALFORMED, { afterMaterial: Buffer.alloc(1) });
    const work = createSshForgingKey(kind, 'ssh:work');
    const history = await area.history();
    await history.commit('A', {}, (payload) => forgeSshSignature(work, payload.toString('latin1')));
    area.record(history, {
      name: `${kind}: made for an application of its own`,
      rule: '2.3',
      made: MADE,
      policy: { signatories: [{ name: 'Alice', ssh: work.line }] },
      expect: TRUSTED,
    });
  }
  return area;
}
