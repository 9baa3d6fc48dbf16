import type { Oid } from '../../shared/model/oid.ts';

/** The playground's name as repository, secret and token. */
export const PLAYGROUND = 'playground';

export const WEBHOOK_SECRET = 'playground-webhook';

export interface PlaygroundPolicy {
  readonly applyCommand: string;
  readonly cloneUrl: string;
  readonly anchor: Oid;
  /** The line of a `.pub` file. */
  readonly publicKey: string;
}

/** The playground's first `headlock.yaml`: from then on it is the user's. */
export function createPlaygroundPolicy({ applyCommand, cloneUrl, anchor, publicKey }: PlaygroundPolicy): string {
  return `# What this playground guards, and whose signatures it accepts.
# After a change: ${applyCommand}
apiVersion: headlock/v1
verifier: https://playground.headlock.invalid
repositories:
  - name: ${PLAYGROUND}
    url: ${cloneUrl}
    provider: github                          # its webhooks are GitHub's
    webhook: { secretRef: ${WEBHOOK_SECRET} }
    branches:
      - name: main
        anchor: ${anchor}
    # Add yourself with a key of your own, for example:
    #   - name: You
    #     ssh: "ssh-ed25519 AAAA… you@example.com"
    #   - name: You
    #     openpgp: keys/you.asc               # gpg --armor --export you@example.com
    signatories:
      - name: Playground                      # a key to throw away: keys/id_ed25519
        ssh: "${publicKey}"
`;
}

/** The policy with the playground's present address: an instance may be started on another port. */
export function readdressPolicy(text: string, cloneUrl: string): string {
  return text.replaceAll(/http:\/\/127\.0\.0\.1:\d+\/playground\/playground\.git/g, cloneUrl);
}
