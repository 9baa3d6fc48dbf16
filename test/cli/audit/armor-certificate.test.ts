import { expect, it } from 'vitest';
import { armorCertificate } from '../../../cli/audit/armor-certificate.ts';
import { createGpgHome } from '../../support/signing.ts';

it('writes armor that gpg reads, however its base64 ends', async () => {
  const home = await createGpgHome();
  for (let length = 40; length < 46; length += 1) {
    const bytes = Buffer.alloc(length, 7);
    const input = armorCertificate(bytes);
    expect(Buffer.from(await home.gpg(['--dearmor'], { input }))).toEqual(bytes);
  }
  await home.cleanup();
});
