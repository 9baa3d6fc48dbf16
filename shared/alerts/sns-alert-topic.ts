import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { AlertTopic } from './alert-topic.ts';
import { formatAlertMessage, formatAlertSubject } from './format-alert.ts';

/** Alerts through an SNS topic, with attributes by which subscriptions can filter (interfaces, part 3). */
export function createSnsAlertTopic(client: SNSClient, topicArn: string): AlertTopic {
  return {
    async publish(id, alert) {
      const { event, ref, severity } = alert;
      const attributes = { event, repository: ref.repository, branch: ref.branch, severity };
      await client.send(
        new PublishCommand({
          TopicArn: topicArn,
          Subject: formatAlertSubject(alert),
          Message: formatAlertMessage(id, alert),
          MessageAttributes: Object.fromEntries(
            Object.entries(attributes).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
          ),
        }),
      );
    },
  };
}
