import { randomUUID } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { vi } from 'vitest';
import { startTemporaryServices } from '../support/temporary-services.ts';
import { type Cloud, TABLE_KEYS, type TakenRequest } from './cloud.ts';

export async function startEmbedded(): Promise<Cloud> {
  const services = await startTemporaryServices();
  const { endpoint, region, credentials } = services;
  return {
    settings: { endpoint, region, credentials },
    async createTable() {
      return (await services.createTable({ TableName: randomUUID(), ...TABLE_KEYS })).name;
    },
    createQueue: async ({ FifoQueue = true, ...properties } = {}) =>
      services.createQueue({
        ...(FifoQueue ? { QueueName: `${randomUUID()}.fifo`, FifoQueue } : { QueueName: randomUUID() }),
        ...properties,
      }),
    createTopic: async () => services.createTopic({ TopicName: randomUUID() }).arn,
    createKey: async (spec) =>
      services.createKey(randomUUID(), spec === undefined ? {} : { KeySpec: spec, KeyUsage: 'SIGN_VERIFY' }).arn,
    async passTime(seconds) {
      const now = Date.now() + seconds * 1000;
      if (vi.isFakeTimers()) vi.setSystemTime(now);
      else vi.useFakeTimers({ toFake: ['Date'], now });
    },
    nextTaken,
    close: services.close,
  };
}

function nextTaken(operation: string): Promise<TakenRequest> {
  return new Promise((resolve) => {
    const onRequest = (message: unknown) => {
      const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
      if (!request.headers['x-amz-target']?.toString().endsWith(`.${operation}`)) return;
      unsubscribe('http.server.request.start', onRequest);
      const closed = once(response, 'close');
      // When all of it is read, it is dealt with before any later one.
      request.once('end', () => setImmediate(resolve, { gone: async () => void (await closed) }));
    };
    subscribe('http.server.request.start', onRequest);
  });
}
