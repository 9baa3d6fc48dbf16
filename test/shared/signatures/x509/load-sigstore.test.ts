import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createKeyring } from '../../../../shared/signatures/keyring.ts';
import { loadSigstore } from '../../../../shared/signatures/x509/load-sigstore.ts';
import { createSignatory } from '../../../support/signatories.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..', '..', 'cli', 'policy', 'sigstore-trusted-root.json');

function ringOf(trustedRoot: string) {
  const trust = { kind: 'sigstore', issuer: 'https://accounts.google.com', trustedRoot } as const;
  const key = { format: 'x509', fingerprint: '', identity: '.*', isPattern: true, trust } as const;
  const signatories = [createSignatory([key])];
  return { signatories, make: () => createKeyring(signatories) };
}

it("makes no ring that names Sigstore before Sigstore's library is loaded, nor by a root that is none", async () => {
  const text = readFileSync(ROOT, 'utf8');
  const { signatories, make } = ringOf(text);
  expect(make).toThrow('not loaded');
  await loadSigstore([createSignatory([])]);
  expect(make).toThrow('not loaded');
  await loadSigstore(signatories);
  expect(make().x509).toHaveLength(1);
  const { certificateAuthorities, ...rest } = JSON.parse(text);
  const [first] = certificateAuthorities;
  expect(ringOf('{}').make).toThrow();
  for (const authorities of [[], [{ ...first, certChain: undefined }]]) {
    expect(ringOf(JSON.stringify({ ...rest, certificateAuthorities: authorities })).make).toThrow();
  }
});
