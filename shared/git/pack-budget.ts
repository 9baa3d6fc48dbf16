import type { BranchLimits } from '../model/limits.ts';
import { limitExceeded } from './transport-error.ts';

/** The objects of a pack may inflate to so many times `packBytes`. */
const MAX_EXPANSION = 4;

/**
 * Trust rule 4.7: bounds what a pack grows to.
 * @returns takes bytes before they are made. @throws TransportError `limit_exceeded`
 */
export function createExpansionBudget({ packBytes }: Pick<BranchLimits, 'packBytes'>): (bytes: number) => void {
  let left = MAX_EXPANSION * packBytes;
  return (bytes) => {
    left -= bytes;
    if (left < 0) throw limitExceeded('packBytes', 'The objects of the pack are too large when inflated');
  };
}
