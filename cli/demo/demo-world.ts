import { setTimeout } from 'node:timers/promises';
import type { Publication } from '../../functions/trusted-revision/response-schemas.ts';
import type { Oid } from '../../shared/model/oid.ts';
import type { Installation } from '../operations/installation.ts';
import type { PublishedAlert } from '../output/describe-alert.ts';
import type { DemoRepository } from './demo-repository.ts';
import { type PolledApi, pollPublication } from './poll-publication.ts';

/** A step that did not come out as it must. */
export class DemoFailure extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DemoFailure';
  }
}

/** What the steps act on and look at. */
export interface DemoWorld {
  readonly repository: DemoRepository;
  readonly installation: Installation;
  readonly api: PolledApi;
  /** Every alert so far. */
  readonly alerts: readonly PublishedAlert[];
  /** Shows a command as a user types it. */
  show(command: string): void;
}

export type Expected = Pick<Publication, 'state' | 'revision' | 'sequence'> & {
  readonly tip: Oid;
  readonly lockedBy: { readonly reason: string; readonly commit: Oid } | null;
};

export interface Published {
  readonly publication: Publication;
  /** From the start of what was done until it was read from the API. */
  readonly milliseconds: number;
}

const PATIENCE_MS = 30_000;

/** Does something and polls, from its very start, until the API says what is expected. @throws DemoFailure */
export async function expectPublished(
  { api }: DemoWorld,
  act: () => Promise<unknown>,
  expected: Expected,
): Promise<Published> {
  const started = performance.now();
  const polling = pollPublication(api, (found) => differencesOf(found, expected).length === 0, PATIENCE_MS);
  const [publication] = await Promise.all([polling, act()]);
  const milliseconds = Math.round(performance.now() - started);
  const differences = publication === null ? ['the API did not answer'] : differencesOf(publication, expected);
  if (publication === null || differences.length > 0) throw new DemoFailure(differences.join(', '));
  return { publication, milliseconds };
}

function differencesOf({ state, revision, sequence, tip, lock }: Publication, expected: Expected): string[] {
  const found = {
    state,
    revision,
    sequence,
    tip: tip?.revision ?? null,
    'reason of the lock': lock?.reason ?? null,
    'commit of the lock': lock?.commit ?? null,
  };
  const { lockedBy, ...rest } = expected;
  const wanted = {
    ...rest,
    'reason of the lock': lockedBy?.reason ?? null,
    'commit of the lock': lockedBy?.commit ?? null,
  };
  return Object.entries(wanted).flatMap(([name, value]) => {
    const actual = found[name as keyof typeof found];
    return actual === value ? [] : [`the ${name} is ${actual}, not ${value}`];
  });
}

/** The first alert of a kind after the `seen` first ones. Alerts follow what is published. @throws DemoFailure */
export async function expectAlert({ alerts }: DemoWorld, event: string, seen: number): Promise<PublishedAlert> {
  const deadline = performance.now() + PATIENCE_MS;
  while (performance.now() < deadline) {
    const alert = alerts.slice(seen).find(({ metadata }) => metadata.eventType === event);
    if (alert !== undefined) return alert;
    await setTimeout(5);
  }
  throw new DemoFailure(`no alert "${event}" came`);
}
