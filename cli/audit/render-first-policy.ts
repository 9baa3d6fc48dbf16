import type { Provider } from '../../shared/model/policy.ts';
import type { ProposedSignatory } from './propose-signatories.ts';
import {
  type RenderedBranch,
  renderBranches,
  renderSignatories,
  type SignatoryContext,
  yamlText,
} from './render-policy.ts';

export interface FirstPolicy extends SignatoryContext {
  readonly verifier: string;
  readonly name: string;
  readonly url: string;
  readonly provider: Provider;
  readonly webhookSecret: string;
  readonly branches: readonly RenderedBranch[];
  /** Chosen by the operator. */
  readonly chosen: readonly ProposedSignatory[];
  /** Forges, which stay commented out. */
  readonly forgeKeys: readonly ProposedSignatory[];
}

/** A whole `headlock.yaml` with one repository. */
export function renderFirstPolicy(policy: FirstPolicy): string {
  const { verifier, name, url, provider, webhookSecret, branches, chosen, forgeKeys } = policy;
  const repository = [
    `url: ${yamlText(url)}`,
    `provider: ${provider}`,
    '# Of a private repository: credentials: { username: x-access-token, password: { secretRef: git-token } }',
    `webhook: { secretRef: ${yamlText(webhookSecret)} }`,
    ...renderBranches(branches),
    ...renderSignatories([...chosen, ...forgeKeys], policy),
  ];
  return [
    '# yaml-language-server: $schema=./headlock.schema.json',
    '# What is guarded, and who is trusted. Keep it outside the repository that it guards.',
    'apiVersion: headlock/v1',
    `verifier: ${yamlText(verifier)} # this installation's name in statements`,
    'repositories:',
    `  - name: ${yamlText(name)}`,
    ...repository.map((line) => `    ${line}`),
    '',
  ].join('\n');
}
