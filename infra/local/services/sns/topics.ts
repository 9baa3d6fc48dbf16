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
  /** Makes an `AWS::SNS::Topic` where it is not there yet. */
  ensure(properties: ResourceProperties): { readonly arn: string };
  /** Keeps the message, then tells the listeners. @throws AwsError `NotFound` */
  publish(message: Omit<PublishedMessage, 'messageId' | 'published'>): PublishedMessage;
  /** All messages that were ever published, the oldest first. */
  list(topicArn: string): readonly PublishedMessage[];
  /** @returns what ends the listening. */
  listen(listener: MessageListener): () => void;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS topic (arn TEXT PRIMARY KEY) STRICT;
  CREATE TABLE IF NOT EXISTS publication (
    number INTEGER PRIMARY KEY, topicArn TEXT NOT NULL, messageId TEXT NOT NULL, subject TEXT,
    message TEXT NOT NULL, attributes TEXT NOT NULL, published TEXT NOT NULL
  ) STRICT;`;

const PROPERTIES = z.object({ TopicName: z.string().regex(/^[\w-]{1,256}$/), FifoTopic: z.literal(false).optional() });

const PUBLICATION = z.object({
  topicArn: z.string(),
  messageId: z.string(),
  subject: z.string().nullable(),
  message: z.string(),
  attributes: z.preprocess((text) => JSON.parse(String(text)), z.record(z.string(), z.string())),
  published: z.string(),
});

export function openTopics(database: DatabaseSync): Topics {
  database.exec(SCHEMA);
  const addTopic = database.prepare('INSERT OR IGNORE INTO topic VALUES (?)');
  const findTopic = database.prepare('SELECT arn FROM topic WHERE arn = ?');
  const add = database.prepare('INSERT INTO publication VALUES (NULL, ?, ?, ?, ?, ?, ?)');
  const select = database.prepare('SELECT * FROM publication WHERE topicArn = ? ORDER BY number');
  const listeners = new Set<MessageListener>();
  return {
    ensure(properties) {
      const arn = createArn('sns', parseProperties('topic', PROPERTIES, properties).TopicName);
      addTopic.run(arn);
      return { arn };
    },
    publish({ topicArn, subject, message, attributes }) {
      if (findTopic.get(topicArn) === undefined) {
        throw new AwsError('NotFound', 'Topic does not exist', 404);
      }
      const messageId = randomUUID();
      const published = new Date().toISOString();
      add.run(topicArn, messageId, subject, message, JSON.stringify(attributes), published);
      const publication = { topicArn, messageId, subject, message, attributes, published };
      for (const listener of listeners) {
        queueMicrotask(() => listener(publication));
      }
      return publication;
    },
    list: (topicArn) => z.array(PUBLICATION).parse(select.all(topicArn)),
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
