import type { z } from 'zod';
import type { PolicyProblem } from './policy-error.ts';
import type { policyFileSchema } from './policy-schema.ts';

type PolicyFile = z.infer<typeof policyFileSchema>;

/** `key` names a key of the map at the path, where the path itself names a value. */
export type FindLine = (path: readonly PropertyKey[], key?: string) => number;

/** What entries that are well formed each by itself have wrong of each other. */
export function findPolicyProblems(policy: PolicyFile, file: string, lineOf: FindLine): PolicyProblem[] {
  return [
    ...findRepeatedNames(policy, file, lineOf),
    ...findUnknownPublishers(policy, file, lineOf),
    ...findUnknownApps(policy, file, lineOf),
    ...findSharedNames(policy, file, lineOf),
  ];
}

/** Trust rule 4.8: a name that nobody has would let nobody publish. */
function findUnknownPublishers({ repositories }: PolicyFile, file: string, lineOf: FindLine): PolicyProblem[] {
  return repositories.flatMap(({ branches, signatories }, at) =>
    branches.flatMap(({ publishers = [] }, branchAt) =>
      publishers.flatMap((each, index) => {
        if (signatories.some((signatory) => signatory.name === each)) return [];
        const line = lineOf(['repositories', at, 'branches', branchAt, 'publishers', index]);
        const message = `\`publishers\` names \`${each}\`, and no signatory has that name. Write the name as under \`signatories:\`, or list the signatory there.`;
        return [{ file, line, message }];
      }),
    ),
  );
}

function findRepeatedNames({ apps, repositories }: PolicyFile, file: string, lineOf: FindLine): PolicyProblem[] {
  const repeated = (names: readonly string[], path: readonly PropertyKey[], what: string) =>
    names.flatMap((each, index) =>
      names.indexOf(each) === index
        ? []
        : [
            {
              file,
              line: lineOf([...path, index, 'name']),
              message: `The ${what} \`${each}\` is listed twice. Give each its own name.`,
            },
          ],
    );
  return [
    ...repeated(
      apps.map((entry) => entry.name),
      ['apps'],
      'app',
    ),
    ...repeated(
      repositories.map((entry) => entry.name),
      ['repositories'],
      'repository',
    ),
    ...repositories.flatMap(({ branches, tags, signatories }, index) => [
      ...repeated(
        tags.map((entry) => entry.pattern),
        ['repositories', index, 'tags'],
        'pattern',
      ),
      ...repeated(
        branches.map((entry) => entry.name),
        ['repositories', index, 'branches'],
        'branch',
      ),
      ...repeated(
        signatories.map((entry) => entry.name),
        ['repositories', index, 'signatories'],
        'signatory',
      ),
    ]),
  ];
}

/** Names that are none of an app, or of another forge's. */
function findUnknownApps({ apps, repositories }: PolicyFile, file: string, lineOf: FindLine): PolicyProblem[] {
  return repositories.flatMap(({ url, credentials }, at) => {
    if (credentials === undefined || !('app' in credentials)) return [];
    const app = apps.find(({ name }) => name === credentials.app);
    if (app !== undefined && isApiOf(app.apiUrl, url)) return [];
    const line = lineOf(['repositories', at, 'credentials']);
    const message =
      app === undefined
        ? `\`credentials\` names the app \`${credentials.app}\`, and no app has that name. List it under \`apps:\` at the top of the file.`
        : `The app \`${app.name}\` signs in at ${new URL(app.apiUrl).host}, which is not where this repository is. Write \`apiUrl: https://HOST/api/v3\` for the app (none for github.com), or name one of this forge.`;
    return [{ file, line, message }];
  });
}

/** A token goes to the server that gave it and to no other: GitHub's API is at `/api/v3` of the same host, or at `api.` and its name. */
function isApiOf(apiUrl: string, url: string): boolean {
  const [api, host] = [new URL(apiUrl).hostname, new URL(url).hostname];
  return api === `api.${host}` || (api === host && host !== 'github.com');
}

/** Both stand in the address of a webhook. */
function findSharedNames({ apps, repositories }: PolicyFile, file: string, lineOf: FindLine): PolicyProblem[] {
  return repositories.flatMap(({ name }, at) => {
    if (apps.every((app) => app.name !== name)) return [];
    const message = `An app has the name \`${name}\` too, and both are called in the address of a webhook. Give one of them another name.`;
    return [{ file, line: lineOf(['repositories', at, 'name']), message }];
  });
}
