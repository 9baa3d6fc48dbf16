import { z } from 'zod';
import type { Style } from './style.ts';

/** What people read of an alert as it was published. */
const ALERT = z.object({
  content: z.object({ title: z.string(), description: z.string(), nextSteps: z.array(z.string()) }),
  metadata: z.object({ eventType: z.string() }),
});

export type PublishedAlert = z.infer<typeof ALERT>;

export function parseAlert(message: string): PublishedAlert {
  return ALERT.parse(JSON.parse(message));
}

/** An alert in a line, and below it what to do. */
export function describeAlert({ content, metadata }: PublishedAlert, { bold, dim, green, red, yellow }: Style): string {
  const paint = { locked: red, compromised: red, unlocked: green, advanced: green }[metadata.eventType] ?? yellow;
  const steps = content.nextSteps.map((step) => `\n  ${dim('→')} ${step}`);
  return `${paint(bold(content.title))}  ${content.description}${steps.join('')}`;
}
