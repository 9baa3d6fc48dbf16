import { randomUUID } from 'node:crypto';
import type { AwsError } from './aws-error.ts';
import type { Answer } from './dispatch.ts';

const NAMESPACE = 'http://sns.amazonaws.com/doc/2010-03-31/';

/** AWS Query: a form in, XML out. */
export function parseForm(body: Buffer): Readonly<Record<string, string>> {
  return Object.fromEntries(new URLSearchParams(body.toString('utf8')));
}

export function writeXml(operation: string, output: unknown): Answer {
  const fields = Object.entries(output ?? {}).map(([name, value]) => element(name, escapeText(String(value))));
  return answer(200, `${operation}Response`, element(`${operation}Result`, fields.join('')));
}

export function writeXmlError({ name, message, status }: AwsError): Answer {
  const error = element('Type', 'Sender') + element('Code', name) + element('Message', escapeText(message));
  return answer(status, 'ErrorResponse', element('Error', error) + element('RequestId', randomUUID()));
}

function answer(status: number, root: string, content: string): Answer {
  return { status, type: 'text/xml', body: `<${root} xmlns="${NAMESPACE}">${content}</${root}>` };
}

function element(name: string, content: string): string {
  return `<${name}>${content}</${name}>`;
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
