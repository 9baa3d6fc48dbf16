import type { AlertTopic } from './alert-topic.ts';
import { createSnsAlertTopic } from './sns-alert-topic.ts';
import { createSnsClient } from './sns-client.ts';

/** The topic, with a client of its own. */
export function openSnsTopic(topicArn: string): AlertTopic {
  return createSnsAlertTopic(createSnsClient(), topicArn);
}
