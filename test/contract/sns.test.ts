import { NotFoundException, PublishCommand, type PublishCommandInput, SNSClient } from '@aws-sdk/client-sns';
import { afterAll, describe, expect, test } from 'vitest';
import { connect } from './connect.ts';

const cloud = await connect();
const client = new SNSClient(cloud.settings);
const TopicArn = await cloud.createTopic();
afterAll(cloud.close);

const publish = (input: Partial<PublishCommandInput>) =>
  client.send(new PublishCommand({ TopicArn, Message: 'text', ...input }));

describe('Publish', () => {
  test('answers each message with an id of its own', async () => {
    const attributes = { event: { DataType: 'String', StringValue: 'locked' } };
    const first = await publish({
      Message: '<a href="x">&amp; ü\n',
      Subject: 'main locks',
      MessageAttributes: attributes,
    });
    const second = await publish({});
    expect(first.MessageId).toMatch(/^[0-9a-f-]{36}$/);
    expect(second.MessageId).not.toBe(first.MessageId);
  });

  test('refuses a topic that is not there', async () => {
    await expect(publish({ TopicArn: `${TopicArn}x` })).rejects.toBeInstanceOf(NotFoundException);
  });

  test.each([
    ['an empty message', { Message: '' }],
    ['more than 256 KiB', { Message: 'ü'.repeat(131_073) }],
    ['a subject of two lines', { Subject: 'one\ntwo' }],
    ['a subject of 101 characters', { Subject: 'x'.repeat(101) }],
    ['an attribute without a value', { MessageAttributes: { event: { DataType: 'String', StringValue: '' } } }],
  ])('refuses %s', async (_, input) => {
    await expect(publish(input)).rejects.toMatchObject({ name: expect.stringMatching(/^InvalidParameter/) });
  });

  test('takes 256 KiB', async () => {
    expect((await publish({ Message: 'x'.repeat(262_144) })).MessageId).toBeDefined();
  });
});
