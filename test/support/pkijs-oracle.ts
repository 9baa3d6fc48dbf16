import * as pkijs from 'pkijs';
import type { Issued } from './openssl-authority.ts';

/** Whether pkijs accepts a detached signature of CMS whose chain ends at this authority, as of now. */
export async function acceptsByPkijs(content: Uint8Array, cms: Uint8Array, anchor: Issued): Promise<boolean> {
  try {
    const info = pkijs.ContentInfo.fromBER(Uint8Array.from(cms).buffer);
    const signed = new pkijs.SignedData({ schema: info.content });
    return await signed.verify({
      signer: 0,
      data: Uint8Array.from(content).buffer,
      trustedCerts: [pkijs.Certificate.fromBER(Uint8Array.from(anchor.der).buffer)],
      checkChain: true,
    });
  } catch {
    return false;
  }
}
