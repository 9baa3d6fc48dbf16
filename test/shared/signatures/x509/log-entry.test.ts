import { describe, expect, it } from 'vitest';
import { MalformedError } from '../../../../shared/signatures/malformed-error.ts';
import { readLogEntry } from '../../../../shared/signatures/x509/log-entry.ts';
import { type LogEntry, writeLogEntry } from '../../../support/log-entry-writer.ts';

const LOGGED = {
  signedBytes: Buffer.from('signed'),
  signature: Buffer.from('signature'),
  certificate: Buffer.alloc(80),
};
const PROOF = { logIndex: '7', rootHash: 'AAAA', treeSize: '8', hashes: [] };
const ENTRY: LogEntry = {
  logIndex: '300',
  logId: { keyId: 'AQID' },
  kindVersion: { kind: 'hashedrekord', version: '0.0.1' },
  integratedTime: '1700000000',
  inclusionPromise: { signedEntryTimestamp: 'BAUG' },
  inclusionProof: { ...PROOF, hashes: ['AAEC', 'AwQF'], checkpoint: { envelope: 'log\n8\n' } },
};

describe('a log entry that gitsign embeds (trust rule 2.4)', () => {
  it('is read as a bundle says it, with the body that it stands for', () => {
    const { canonicalizedBody, ...entry } = readLogEntry(writeLogEntry(ENTRY), LOGGED);
    expect(entry).toEqual(ENTRY);
    expect(JSON.parse(Buffer.from(String(canonicalizedBody), 'base64').toString())).toMatchObject({
      kind: 'hashedrekord',
      spec: { signature: { content: LOGGED.signature.toString('base64') } },
    });
  });

  it('says nothing where it is silent', () => {
    const { inclusionPromise, inclusionProof, ...bare } = ENTRY;
    expect(readLogEntry(writeLogEntry(bare), LOGGED)).not.toHaveProperty('inclusionProof');
    expect(readLogEntry(writeLogEntry({ ...ENTRY, inclusionProof: PROOF }), LOGGED)).toMatchObject({
      inclusionProof: { hashes: [], checkpoint: { envelope: '' } },
    });
    expect(readLogEntry(Buffer.alloc(0), { ...LOGGED, certificate: Buffer.alloc(0) })).toMatchObject({
      logIndex: '0',
      logId: { keyId: '' },
    });
  });

  it.each([
    ['a message twice', [0x12, 0, 0x12, 0]],
    ['a number where a message belongs', [0x10, 1]],
    ['a message where a number belongs', [0x0a, 0]],
    ['a field of another kind', [0x0d, 0, 0, 0, 0]],
    ['a message that ends early', [0x12, 9, 1]],
    ['a number that never ends', [0x08, ...Array(11).fill(0xff)]],
  ])('is refused with %s', (_, bytes) => {
    expect(() => readLogEntry(Buffer.from(bytes), LOGGED)).toThrow(MalformedError);
  });
});
