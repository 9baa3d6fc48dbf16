import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSnsAlertTopic } from '../../../shared/alerts/sns-alert-topic.ts';
import { createSnsClient } from '../../../shared/alerts/sns-client.ts';
import type { Alert } from '../../../shared/model/alert.ts';
import { useEmbeddedServices } from '../../support/embedded-services.ts';

const services = useEmbeddedServices();

const ALERT: Alert = {
  event: 'locked',
  ref: { repository: 'payments', branch: 'release/ünïcode' },
  severity: 'critical',
  title: 'payments@main locked: unsigned',
  description: '77ab… by Bob carries no signature.',
  nextSteps: ['Sign it.', 'See `headlock status payments main`.'],
};

interface Content {
  readonly title: string;
  readonly description: string;
  readonly nextSteps: readonly string[];
}

async function publish(topicName: string, alert: Alert) {
  const { arn } = services().createTopic({ TopicName: topicName });
  await createSnsAlertTopic(createSnsClient(), arn).publish('payments:main:7:0', alert);
  const published = services().listMessages(arn).at(-1);
  if (published === undefined) throw new Error('Nothing was published.');
  return { ...published, content: (JSON.parse(published.message) as { content: Content }).content };
}

describe('createSnsAlertTopic', () => {
  it('publishes what e-mail and chat can show, with attributes to filter by', async () => {
    const { subject, attributes, message } = await publish('shows', ALERT);
    expect(subject).toBe('[critical] payments@main locked: unsigned');
    expect(attributes).toEqual({
      event: 'locked',
      repository: 'payments',
      branch: 'release/ünïcode',
      severity: 'critical',
    });
    expect(JSON.parse(message)).toEqual({
      version: '1.0',
      source: 'custom',
      id: 'payments:main:7:0',
      content: {
        textType: 'client-markdown',
        title: ALERT.title,
        description: ALERT.description,
        nextSteps: ALERT.nextSteps,
      },
      metadata: {
        threadId: 'payments:release/ünïcode',
        eventType: 'locked',
        additionalContext: { repository: 'payments', branch: 'release/ünïcode', severity: 'critical' },
      },
    });
  });

  it('takes the sting out of what a committer chose: mentions, masked links, line breaks, turned text', async () => {
    const description = 'by <!channel> <https://evil.example|Alice> [click](https://evil.example)\r\nPaid\u202egnp';
    const { content, subject } = await publish('stings', { ...ALERT, title: 'Locked\r\nBcc: mallory', description });
    expect(content.description).toBe(
      'by ‹!channel› ‹https://evil.example|Alice› [click] (https://evil.example)\ufffd\ufffdPaid\ufffdgnp',
    );
    expect(subject).toBe('[critical] Locked??Bcc: mallory');
  });

  it('bounds every part, and is taken by SNS whatever the parts hold', async () => {
    const long = fc.string({ unit: 'binary', maxLength: 20 }).map((part) => part.repeat(1_000));
    const texts = fc.record({ title: long, description: long, nextSteps: fc.array(long, { maxLength: 30 }) });
    await fc.assert(
      fc.asyncProperty(texts, async (parts) => {
        const { content, subject, message } = await publish('bounds', { ...ALERT, ...parts });
        expect([...content.title].length).toBeLessThanOrEqual(251);
        expect([...content.description].length).toBeLessThanOrEqual(4_001);
        expect(content.nextSteps).toHaveLength(Math.min(10, parts.nextSteps.length));
        expect(subject).toMatch(/^\[critical\] [ -~]{0,89}$/);
        expect(Buffer.byteLength(message)).toBeLessThan(100_000);
      }),
      { numRuns: 30 },
    );
  });
});
