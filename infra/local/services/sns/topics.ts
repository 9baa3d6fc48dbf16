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

export interface Topics {
  /** Makes an `AWS::SNS::Topic`. */
  ensure(properties: ResourceProperties): { readonly arn: string };
  /** Keeps the message, then tells the listeners. @returns its id. @throws AwsError `NotFound` */
  publish(message: Omit<PublishedMessage, 'messageId' | 'published'>): string;
  /** All messages that were ever published, the oldest first. */
  list(topicArn: string): readonly PublishedMessage[];
  /** @returns what ends the listening. */
  listen(listener: MessageListener): () => void;
}

const SCHEMA = `CREATE TABLE IF NOT EXISTS publication (
  number INTEGER PRIMARY KEY, topicArn TEXT NOT NULL, publication TEXT NOT NULL
) STRICT`;

const PROPERTIES = z.object({ TopicName: z.string().regex(/^[\w-]{1,256}$/), FifoTopic: z.literal(false).optional() });

/** The topics that the template names. It is read at each start, so only their messages are kept. */
export function openTopics(database: DatabaseSync): Topics {
  database.exec(SCHEMA);
  const sql = database.createTagStore();
  const topics = new Set<string>();
  const listeners = new Set<MessageListener>();
  return {
    ensure(properties) {
      const arn = createArn('sns', parseProperties('topic', PROPERTIES, properties).TopicName);
      topics.add(arn);
      return { arn };
    },
    publish(message) {
      const { topicArn } = message;
      if (!topics.has(topicArn)) throw new AwsError('NotFound', 'Topic does not exist', 404);
      const publication = { ...message, messageId: randomUUID(), published: new Date().toISOString() };
      sql.run`INSERT INTO publication (topicArn, publication) VALUES (${topicArn}, ${JSON.stringify(publication)})`;
      for (const listener of listeners) queueMicrotask(() => listener(publication));
      return publication.messageId;
    },
    list: (topicArn) =>
      sql.all`SELECT publication FROM publication WHERE topicArn = ${topicArn} ORDER BY number`.map(({ publication }) =>
        JSON.parse(String(publication)),
      ),
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
