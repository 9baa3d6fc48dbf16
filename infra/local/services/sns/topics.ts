import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { createArn } from '../arn.ts';
import { AwsError } from '../aws-error.ts';
import { parseProperties, type ResourceProperties } from '../resource-properties.ts';

export interface PublishedMessage {
  readonly topicArn: string;
  readonly messageId: string;
  readonly subject: string | null;
  readonly message: string;
  /** String values by name. */
  readonly attributes: Readonly<Record<string, string>>;
  /** ISO 8601, UTC. */
  readonly published: string;
}

export type MessageListener = (message: PublishedMessage) => void;

export type Topics = ReturnType<typeof openTopics>;

const SCHEMA = `CREATE TABLE IF NOT EXISTS publication (
  number INTEGER PRIMARY KEY, topicArn TEXT NOT NULL, publication TEXT NOT NULL
) STRICT`;

const PROPERTIES = z.object({ TopicName: z.string().regex(/^[\w-]{1,256}$/), FifoTopic: z.literal(false).optional() });

/** The topics that the template names. It is read at each start, so only their messages are kept. */
export function openTopics(database: DatabaseSync) {
  database.exec(SCHEMA);
  const sql = database.createTagStore();
  const topics = new Set<string>();
  const listeners = new Set<MessageListener>();
  return {
    /** Makes an `AWS::SNS::Topic`. */
    ensure(properties: ResourceProperties) {
      const arn = createArn('sns', parseProperties('topic', PROPERTIES, properties).TopicName);
      topics.add(arn);
      return { arn };
    },
    /** Keeps the message, then tells the listeners. @returns its id. @throws AwsError `NotFound` */
    publish(message: Omit<PublishedMessage, 'messageId' | 'published'>): string {
      const { topicArn } = message;
      if (!topics.has(topicArn)) throw new AwsError('NotFound', 'Topic does not exist', 404);
      const publication = { ...message, messageId: randomUUID(), published: new Date().toISOString() };
      sql.run`INSERT INTO publication (topicArn, publication) VALUES (${topicArn}, ${JSON.stringify(publication)})`;
      for (const listener of listeners) queueMicrotask(() => listener(publication));
      return publication.messageId;
    },
    /** Every message that was ever published to the topic, the oldest first. */
    list: (topicArn: string): readonly PublishedMessage[] =>
      sql.all`SELECT publication FROM publication WHERE topicArn = ${topicArn} ORDER BY number`.map(({ publication }) =>
        JSON.parse(String(publication)),
      ),
    /** Tells of each message that is published from now on. @returns what ends that. */
    listen(listener: MessageListener): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
