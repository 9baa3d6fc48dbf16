import { AwsError } from '../aws-error.ts';
import type { StoredMessage } from './message-store.ts';

const HANDLE = /^(\d{1,15}):([0-9a-f]{32})$/;

export function createReceiptHandle({ sequence, receipt }: StoredMessage): string {
  return Buffer.from(`${sequence}:${receipt}`).toString('base64url');
}

/** @throws AwsError `ReceiptHandleIsInvalid` */
export function parseReceiptHandle(handle: string): { readonly sequence: number; readonly receipt: string } {
  const match = HANDLE.exec(Buffer.from(handle, 'base64url').toString('latin1'));
  if (match === null) {
    throw new AwsError('ReceiptHandleIsInvalid', 'The input receipt handle is invalid.', 404);
  }
  return { sequence: Number(match[1]), receipt: match[2] ?? '' };
}
