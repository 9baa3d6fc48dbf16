import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { makeAlgorithms } from './make/algorithms.ts';
import { makeArmor } from './make/armor.ts';
import { makeCommitHeaders } from './make/commit-headers.ts';
import { makeExceptions } from './make/exceptions.ts';
import { makeFido } from './make/fido.ts';
import { makeForgeKeys } from './make/forge-keys.ts';
import { makeGitsign } from './make/gitsign.ts';
import { makeHistory } from './make/history.ts';
import { makeKeyTimes } from './make/key-times.ts';
import { makeOpenPgpKeys } from './make/openpgp-keys.ts';
import { makeOpenPgpPackets } from './make/openpgp-packets.ts';
import { makePolicy } from './make/policy.ts';
import { makeRevocations } from './make/revocations.ts';
import { makeServer } from './make/server.ts';
import { makeSsh } from './make/ssh.ts';
import { makeSshCertificates } from './make/ssh-certificates.ts';
import { type Area, createWorkshop, type Workshop } from './make/workshop.ts';
import { makeX509 } from './make/x509.ts';

interface Maker {
  readonly about: string;
  readonly make: (workshop: Workshop) => Promise<Area>;
}

const MAKERS: Readonly<Record<string, Maker>> = {
  algorithms: { about: 'OpenPGP algorithms and digests (trust rules 2.2, 2.5).', make: makeAlgorithms },
  armor: { about: 'The armor around a signature (trust rule 2.1).', make: makeArmor },
  'openpgp-packets': {
    about: 'OpenPGP signature packets (trust rule 2.2).',
    make: makeOpenPgpPackets,
  },
  'commit-headers': {
    about: 'Headers of commits and the bytes that are signed (trust rules 1.2 to 1.4, 1.7).',
    make: makeCommitHeaders,
  },
  'key-times': { about: 'When a key counts (trust rules 3.1, 3.2).', make: makeKeyTimes },
  ssh: { about: 'SSH signatures and lists (trust rule 2.3).', make: makeSsh },
  'ssh-certificates': { about: 'SSH certificates (trust rule 2.3).', make: makeSshCertificates },
  x509: { about: 'X.509 signatures and time stamps (trust rule 2.4).', make: makeX509 },
  gitsign: { about: 'Identities and times that Sigstore proves (trust rule 2.4).', make: makeGitsign },
  fido: { about: 'SSH keys in security keys (trust rule 2.3).', make: makeFido },
  history: { about: 'Histories (trust rules 1.6, 4.1 to 4.5, 4.7).', make: makeHistory },
  server: { about: 'What a server may make of a history (trust rules 1.1, 1.5, 1.6).', make: makeServer },
  exceptions: { about: 'What an operator says of single commits (trust rule 2.7).', make: makeExceptions },
  'forge-keys': { about: 'Signatures that count on merges alone (trust rule 3.5).', make: makeForgeKeys },
  'openpgp-keys': { about: 'Which keys of OpenPGP certificates sign (trust rule 2.2).', make: makeOpenPgpKeys },
  revocations: { about: 'Keys that are revoked (trust rule 3.3).', make: makeRevocations },
  policy: { about: 'What the policy says beside keys (trust rules 1.7, 3.3, 3.4, 3.6, 4.6, 4.8).', make: makePolicy },
};

/** Makes the files of the areas that are named on the command line, or all. */
const folder = join(import.meta.dirname, 'attacks');
await mkdir(folder, { recursive: true });
const chosen = process.argv.slice(2);
for (const [name, { about, make }] of Object.entries(MAKERS)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  const workshop = await createWorkshop();
  try {
    const count = await workshop.write(folder, name, about, await make(workshop));
    console.log(`${name}: ${count} vectors`);
  } finally {
    await workshop.cleanup();
  }
}
