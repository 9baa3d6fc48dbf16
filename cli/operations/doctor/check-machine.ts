import { stat } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { amiss, type Finding, ok, unknown } from '../../finding.ts';
import { hasProgram } from '../../has-program.ts';

/** What each program is for; git alone is needed. */
const PROGRAMS = [
  ['git', 'reads clones and serves the playground', true],
  ['gpg', 'makes OpenPGP signatures, and is needed for nothing else', false],
  ['ssh-keygen', 'makes SSH signatures, and is needed for nothing else', false],
] as const;

/** Node, and the programs beside it. */
export async function checkPrograms(searchPath: string): Promise<readonly Finding[]> {
  const findings: Finding[] = [ok(`Node ${process.versions.node}`)];
  for (const [name, what, isNeeded] of PROGRAMS) {
    if (await hasProgram(name, searchPath)) findings.push(ok(`${name} is there`));
    else if (isNeeded) findings.push(amiss(`${name} is missing: it ${what}`, `Install ${name}, or put it into PATH.`));
    else findings.push(unknown(`${name} is missing: it ${what}`));
  }
  return findings;
}

/** Whether nobody else can read the data folder. */
export async function checkDataFolder(folder: string): Promise<Finding> {
  const found = await stat(folder).catch(() => null);
  if (found === null)
    return amiss(
      `There is no data folder ${folder}`,
      'Run `headlock start` first, name another folder with --data, or an installation on AWS with --stack.',
    );
  if (!found.isDirectory()) return amiss(`${folder} is no folder`, 'Name another one with --data.');
  const mode = (found.mode & 0o777).toString(8);
  if ((found.mode & 0o077) !== 0)
    return amiss(
      `Others can read the data folder ${folder} (mode ${mode}): keys lie in it`,
      `Run \`chmod 700 ${folder}\`.`,
    );
  return ok(`The data folder ${folder} is closed to others`);
}

const PORT = 4400;

/** Whether the usual port is free, where no instance runs. */
export async function checkPort(): Promise<Finding> {
  const isTaken = await new Promise<boolean>((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port: PORT, timeout: 2000 });
    const end = (taken: boolean) => {
      socket.destroy();
      resolve(taken);
    };
    socket
      .once('connect', () => end(true))
      .once('error', () => end(false))
      .once('timeout', () => end(true));
  });
  return isTaken
    ? amiss(`Port ${PORT} is in use by another program`, 'Start with another: `headlock start --port 4401`.')
    : ok(`Port ${PORT} is free`);
}
