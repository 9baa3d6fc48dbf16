import { userInfo } from 'node:os';
import { formatClaim } from '../../shared/model/claim.ts';

/** Who acts, for the audit trail: on one machine the user of its operating system. */
export function nameOperator(): string {
  return `local operator ${formatClaim(readUserName())}`;
}

/** A container's user may have no name. */
function readUserName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
