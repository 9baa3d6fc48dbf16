import type { Alert } from '../model/alert.ts';
import { formatClaim } from '../model/claim.ts';

const MAX_SUBJECT_LENGTH = 100;
const MAX_TITLE_LENGTH = 250;
const MAX_DESCRIPTION_LENGTH = 4_000;
const MAX_STEPS = 10;
const MAX_STEP_LENGTH = 500;

/**
 * The alert as one JSON text that e-mail shows as it is and that AWS's chat integration takes as a custom notification
 * (its event schema, version 1.0).
 */
export function formatAlertMessage(id: string, alert: Alert): string {
  const { event, ref, severity } = alert;
  const message = {
    version: '1.0',
    source: 'custom',
    id,
    content: {
      textType: 'client-markdown',
      title: plainText(alert.title, MAX_TITLE_LENGTH),
      description: plainText(alert.description, MAX_DESCRIPTION_LENGTH),
      nextSteps: alert.nextSteps.slice(0, MAX_STEPS).map((step) => plainText(step, MAX_STEP_LENGTH)),
    },
    metadata: {
      threadId: `${ref.repository}:${ref.branch}`,
      eventType: event,
      additionalContext: { repository: ref.repository, branch: ref.branch, severity },
    },
  };
  return JSON.stringify(message, null, 2);
}

/** A subject as SNS accepts it: at most 100 printable ASCII characters. */
export function formatAlertSubject({ severity, title }: Alert): string {
  return `[${severity}] ${title}`.replace(/[^ -~]/g, '?').slice(0, MAX_SUBJECT_LENGTH);
}

/** What chats read as mentions and masked links becomes plain too: a committer chose parts of the text. Back ticks stay, they show commands. */
function plainText(text: string, length: number): string {
  return formatClaim(text.replaceAll('<', '‹').replaceAll('>', '›').replaceAll('](', '] ('), length);
}
