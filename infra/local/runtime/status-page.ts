import { type BranchState, publishedStateOf } from '../../../shared/model/branch-state.ts';

export interface StatusPage {
  readonly branches: readonly BranchState[];
  /** Of the playground. */
  readonly cloneUrls: readonly string[];
}

const STYLE = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { max-width: 72rem; margin: 3rem auto; padding: 0 1.5rem; }
  table { width: 100%; border-collapse: collapse; }
  th, td { padding: .5rem .75rem .5rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid #8884; }
  code, pre { font: .9em ui-monospace, monospace; overflow-wrap: anywhere; }
  pre { padding: .75rem 1rem; background: #8881; overflow-x: auto; }
  @media (width < 48rem) {
    thead { display: none }
    tr { display: block; padding: .75rem 0; border-bottom: 1px solid #8884 }
    td { display: block; padding: 0; border: 0 }
    td:nth-child(4)::before { content: "Sequence " }
  }
  .Trusted { color: light-dark(#1a7f37, #4ac26b); }
  .Locked, .Compromised { color: light-dark(#b35900, #f0883e); }
  .Pending, .Unreachable { color: light-dark(#57606a, #9198a1); }`;

/** What this instance guards, as one HTML page with nothing to load: no script, no font, no image. */
export function renderStatusPage({ branches, cloneUrls }: StatusPage): string {
  const rows = branches.map(renderBranch).join('');
  const clones = cloneUrls.map((url) => `<pre>git clone ${escapeHtml(url)}</pre>`).join('');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="5">
<title>Headlock</title>
<style>${STYLE}</style>
<h1>Headlock</h1>
${
  rows === ''
    ? '<p>No branch is guarded yet: <code>headlock apply -f headlock.yaml</code></p>'
    : `<table><thead><tr><th>Branch<th>State<th>Revision<th>Sequence<th>Reason</thead><tbody>${rows}</tbody></table>`
}
${clones === '' ? '' : `<h2>Playground</h2><p>Clone, commit, push, and watch this page.</p>${clones}`}
</html>
`;
}

function renderBranch(branch: BranchState): string {
  const { ref, trusted, sequence, lock, compromise, unreachable } = branch;
  const state = publishedStateOf(branch);
  const reasons = [
    compromise && `${escapeHtml(compromise.message)}<br>${escapeHtml(compromise.nextStep)}`,
    lock && `<b>${lock.reason}</b>: ${escapeHtml(lock.message)}<br>${escapeHtml(lock.nextStep)}`,
    unreachable && escapeHtml(unreachable.message),
  ];
  const reason = reasons.find((text) => text !== null) ?? '';
  return `<tr><td>${escapeHtml(ref.repository)}<br>${escapeHtml(ref.branch)}<td class="${state}">${state}<td><code>${trusted?.oid ?? '–'}</code><td>${sequence}<td>${reason}`;
}

/** Messages hold what committers claim of themselves. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
