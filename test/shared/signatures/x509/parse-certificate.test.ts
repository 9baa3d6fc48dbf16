import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCertificate } from '../../../../shared/signatures/x509/known-certificates.ts';
import { parseCertificate } from '../../../../shared/signatures/x509/parse-certificate.ts';
import { createOpensslAuthority, EMAIL_SIGNER, type OpensslAuthority } from '../../../support/openssl-authority.ts';

const FORMER = '1.3.6.1.4.1.57264.1.1';
const NEWER = '1.3.6.1.4.1.57264.1.8';

describe('a certificate', () => {
  let openssl: OpensslAuthority;
  beforeAll(() => {
    openssl = createOpensslAuthority();
  });
  afterAll(() => openssl.remove());

  const issue = (...extensions: readonly string[]) =>
    openssl.issue({ name: 'Alice', extensions: [...EMAIL_SIGNER, ...extensions] }).der;

  it('names the issuer of its identity in either of the ways of Fulcio, the newer before the former', () => {
    const issuerOf = (...extensions: readonly string[]) => parseCertificate(issue(...extensions)).identityIssuer;
    const former = `${FORMER}=DER:${hex('https://former')}`;
    expect(issuerOf()).toBeNull();
    expect(issuerOf(former)).toBe('https://former');
    expect(issuerOf(former, `${NEWER}=DER:0c:0d:${hex('https://newer')}`)).toBe('https://newer');
    expect(issuerOf(former, `${NEWER}=DER:16:0d:${hex('https://newer')}`)).toBeNull();
  });

  it('is read once, unless it is large', () => {
    const [small, large] = [issue(), issue(`1.2.3.4=DER:04:82:20:00${':00'.repeat(8192)}`)];
    expect(readCertificate(small)).toBe(readCertificate(Buffer.from(small)));
    expect(readCertificate(large)).not.toBe(readCertificate(large));
    expect(readCertificate(large)).toEqual(parseCertificate(large));
  });
});

function hex(text: string): string {
  return Buffer.from(text)
    .toString('hex')
    .replace(/..(?=.)/g, '$&:');
}
