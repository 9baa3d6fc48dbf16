import {
  addGpgSubkey,
  createGpgHome,
  createGpgKey,
  exportPublicKey,
  type GpgHome,
  type GpgKey,
  type RevocationReason,
  revokeGpgKey,
  signWithGpg,
} from '../support/signing.ts';
import type { ForgedCertificate } from './openpgp-certificates.ts';

const DAY = 86_400;
const START = 1_700_000_000;

/** A certificate with signatures over one commit, each made on a day after `start`. */
export interface SigningCertificate extends Omit<ForgedCertificate, 'signer'> {
  readonly signatures: readonly { readonly signedOn: number; readonly armor: Buffer }[];
}

export interface GpgLives {
  readonly certificates: readonly SigningCertificate[];
  cleanup(): Promise<void>;
}

/** Keys that gpg makes, signs with, renews and revokes itself, each at its time (`--faked-system-time`). */
export async function createGpgLives(payload: Uint8Array): Promise<GpgLives> {
  const home = await createGpgHome();
  const make = (what: string, expires = '0', usage = 'sign') => {
    const email = `${what.replaceAll(/\W+/g, '.')}@example.com`;
    return createGpgKey({ home, name: what, email, expires, usage, at: START });
  };
  const certificates: SigningCertificate[] = [];
  const add = async (
    what: string,
    key: GpgKey,
    signatures: SigningCertificate['signatures'],
    retired?: SigningCertificate['retired'],
  ) => {
    const packets = await exportPublicKey(key, { armor: false });
    certificates.push({
      what: `gpg: ${what}`,
      start: START,
      packets,
      signatures,
      ...(retired !== undefined && { retired }),
    });
  };
  const sign = (id: string, days: readonly number[]) => signOn(home, id, payload, days);

  const ending = await make('100 days', `seconds=${100 * DAY}`);
  await add('100 days', ending, await sign(ending.fingerprint, [1, 49, 99]));

  const renewed = await make('renewed', `seconds=${50 * DAY}`);
  const first = await sign(renewed.fingerprint, [1, 49]);
  await home.gpg(['--quick-set-expire', renewed.fingerprint, `seconds=${100 * DAY}`], { at: START + 60 * DAY });
  await add('renewed', renewed, [...first, ...(await sign(renewed.fingerprint, [61, 110]))]);

  const shortened = await make('shortened');
  const all = await sign(shortened.fingerprint, [1, 49, 99, 110]);
  await home.gpg(['--quick-set-expire', shortened.fingerprint, `seconds=${20 * DAY}`], { at: START + 60 * DAY });
  await add('shortened', shortened, all);

  const subkeys = await make('a subkey of 100 days', '0', 'cert');
  const subkey = await addGpgSubkey(subkeys, { expires: `seconds=${100 * DAY}`, at: START + 10 * DAY });
  await add('a subkey of 100 days', subkeys, await sign(`${subkey}!`, [11, 49, 99]));

  for (const reason of ['retired', 'superseded', 'compromised', 'none'] as const satisfies RevocationReason[]) {
    const key = await make(reason);
    const signatures = await sign(key.fingerprint, [1, 49, 79, 99]);
    const before = await exportPublicKey(key, { armor: false });
    const at = START + 80 * DAY;
    await revokeGpgKey(key, reason, at);
    const isSoft = reason === 'retired' || reason === 'superseded';
    await add(reason, key, signatures, isSoft ? { at, before } : undefined);
  }
  return { certificates, cleanup: home.cleanup };
}

async function signOn(home: GpgHome, id: string, payload: Uint8Array, days: readonly number[]) {
  const signatures: { signedOn: number; armor: Buffer }[] = [];
  for (const signedOn of days) {
    signatures.push({ signedOn, armor: await signWithGpg(home, id, payload, { at: START + signedOn * DAY }) });
  }
  return signatures;
}
