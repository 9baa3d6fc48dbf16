import { benchAudit } from './audit.ts';
import { benchDecision } from './decision.ts';
import { benchFetch } from './fetch.ts';
import { benchFirstConnection } from './first-connection.ts';
import { benchHistories } from './history.ts';
import { benchPublish } from './publish.ts';
import { benchSha1 } from './sha1.ts';
import { benchSignatures } from './signatures.ts';
import { benchX509 } from './x509.ts';

const rows = [
  ...(await benchSignatures()),
  ...(await benchX509()),
  ...benchSha1(),
  ...(await benchDecision()),
  ...(await benchHistories()),
  ...(await benchAudit()),
  ...(await benchFetch()),
  ...(await benchPublish()),
  ...(await benchFirstConnection()),
];
console.log('Medians of one run; a ratio above 1 is faster than the peer or within the limit.');
console.table(
  Object.fromEntries(
    rows.map(({ name, ours, peer, ratio }) => [name, { ours, peer, ratio: Number(ratio.toFixed(2)) }]),
  ),
);
