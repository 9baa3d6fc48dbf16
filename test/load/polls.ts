import { createHash } from 'node:crypto';
import type { HttpClient } from './http-client.ts';
import type { LoadedRepository } from './loaded-repository.ts';
import { runAtRate, type Timing } from './steady-rate.ts';
import type { LoadWorld } from './world.ts';

export interface PollLoad {
  readonly perSecond: number;
  readonly seconds: number;
  /** How many agents share the polls, each with one branch and one question at a time. */
  readonly agents: number;
}

export interface PollReport extends Timing {
  readonly notModified: number;
  /** Every answer that was not right, and why. */
  readonly wrong: readonly string[];
}

/** One in so many polls comes from an agent that kept nothing. */
const FORGETFUL = 5;

interface Agent {
  readonly repository: LoadedRepository;
  etag: string | undefined;
  sequence: number;
}

/** Agents that ask for a branch, with and without `If-None-Match`; each answer is held against what was pushed. */
export async function loadPolls(world: LoadWorld, http: HttpClient, load: PollLoad): Promise<PollReport> {
  const { repositories, token } = world;
  const idle: Agent[] = Array.from({ length: load.agents }, (_, index) => ({
    repository: repositories[index % repositories.length] as LoadedRepository,
    ...{ etag: undefined, sequence: 0 },
  }));
  const wrong: string[] = [];
  let notModified = 0;
  const waiting: ((agent: Agent) => void)[] = [];
  const timing = await runAtRate(load.perSecond, load.seconds, async (index) => {
    const agent = idle.shift() ?? (await new Promise<Agent>((resolve) => waiting.push(resolve)));
    const known = index % FORGETFUL === 0 ? undefined : agent.etag;
    const path = `/v1/repositories/${agent.repository.name}/trusted-revision?branch=main`;
    const headers = {
      authorization: `Bearer ${token}`,
      ...(known === undefined ? {} : { 'if-none-match': known }),
    };
    const answer = await http.ask({ method: 'GET', path, headers });
    if (answer.status === 304) {
      notModified += 1;
      if (answer.etag !== known) wrong.push(`304 to ${known} with ${answer.etag}`);
    } else {
      const problem = answer.status === 200 ? check(agent, answer.body, answer.etag) : answer.body.toString();
      if (problem !== null) wrong.push(`${answer.status} ${problem}`);
      agent.etag = answer.etag;
    }
    const next = waiting.shift();
    if (next === undefined) idle.push(agent);
    else next(agent);
  });
  return { ...timing, notModified, wrong };
}

/** @returns what is wrong with a whole answer; null where nothing is */
function check(agent: Agent, body: Buffer, etag: string | undefined): string | null {
  if (etag !== `"${createHash('sha256').update(body).digest('base64url')}"`) return `the ETag ${etag} of another body`;
  const { repository, branch, revision, sequence } = JSON.parse(body.toString());
  const { name, commits, pushed } = agent.repository;
  if (repository !== name || branch !== 'main') return `${repository} ${branch} for ${name} main`;
  if (sequence < agent.sequence) return `sequence ${sequence} after ${agent.sequence}`;
  agent.sequence = sequence;
  const place = commits.slice(0, pushed).indexOf(revision);
  // Every commit of the chain is signed: the first `pushed` are what may be published.
  return place >= 0 || (revision === null && sequence === 0) ? null : `${revision}, which was not pushed`;
}
