import { HeadlockError } from '../../shared/model/headlock-error.ts';
import { type ForgeKind, guessForge } from '../audit/forges.ts';
import { parseRemote } from '../audit/parse-remote.ts';
import type { Forge } from './ask-forge.ts';
import type { History } from './open-history.ts';

/**
 * The forge that is asked for keys: as the user names it, or else the one that the repository's address leads to.
 * @returns throws HeadlockError `unknown_forge` where neither tells
 */
export function chooseForge(named: {
  readonly forgeUrl?: string;
  readonly forge?: ForgeKind;
}): (history: Pick<History, 'remote'>) => Forge {
  return ({ remote }) => {
    const text = named.forgeUrl ?? remote;
    const address = text === null ? null : parseRemote(text);
    if (address === null) throw unknown('Its address is not known: give it with --forge-url https://…');
    const kind = named.forge ?? guessForge(address.hostname);
    if (kind === null) throw unknown(`What kind of forge ${address.host} is cannot be told: say so with --forge.`);
    return { kind, url: named.forgeUrl === undefined ? new URL(address.origin) : address };
  };
}

function unknown(message: string): HeadlockError<'unknown_forge'> {
  return new HeadlockError('unknown_forge', `The forge cannot be asked for keys. ${message}`, { kind: 'input' });
}
