import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { computeOid } from '../../../../shared/git/object-id.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../../../shared/model/limits.ts';
import { parseOid } from '../../../../shared/model/oid.ts';
import { createKeyring } from '../../../../shared/signatures/keyring.ts';
import { compileCertificates } from '../../../../shared/signatures/openpgp/compile-certificates.ts';
import { judgeCommit } from '../../../../shared/trust/judge-commit.ts';
import { describeWithSharedData, sharedData } from '../../../support/shared-data.ts';
import { createSignatory } from '../../../support/signatories.ts';

/** A merge of the public repository fluxcd/flux2 (Apache-2.0), as `git cat-file commit` prints it: its number is padded to the key. */
const OID = parseOid('da2d22d3690191a315822612085f424e4133b06a');

describeWithSharedData('a merge that GitHub signed', () => {
  it("counts by GitHub's key (trust rules 2.2, 3.5)", async () => {
    const raw = readFileSync(join(import.meta.dirname, 'github-merge.commit'));
    expect(computeOid('commit', raw, 'sha1').oid).toBe(OID);
    const { keys } = await compileCertificates(readFileSync(sharedData('keys', 'github-web-flow.asc')));
    const keyring = createKeyring([createSignatory(keys, { name: 'GitHub' })]);
    const seen = Date.UTC(2026, 10, 22) / 1000;
    const times = { firstSeen: seen, judgedAt: seen };
    const terms = { keyTime: 'first-seen', matchEmail: false, limits: DEFAULT_BRANCH_LIMITS, ...times } as const;
    expect(judgeCommit(OID, raw, keyring, terms)).toMatchObject({ outcome: 'verified', signatory: 'GitHub' });
  });
});
