import { describe, expect, it } from 'vitest';
import { NO_VALUE, type References, resolve } from '../../../../infra/local/runtime/resolve-intrinsics.ts';

const REFERENCES: References = {
  ref: async (name) => (name === 'AWS::NoValue' ? NO_VALUE : `ref(${name})`),
  attribute: async (logicalId, attribute) => `${logicalId}->${attribute}`,
  importValue: async (exportName) => `import(${exportName})`,
};

/** `{X}` stands for CloudFormation's reference in text. */
const sub = (text: string): string => text.replaceAll('{', '${');

describe('resolve', () => {
  it.each<[string, unknown, unknown]>([
    ['leaves plain values', { a: [1, 'b', true, null] }, { a: [1, 'b', true, null] }],
    ['Ref', { a: { Ref: 'X' } }, { a: 'ref(X)' }],
    ['Fn::GetAtt as a list', { 'Fn::GetAtt': ['X', 'Arn'] }, 'X->Arn'],
    ['Fn::GetAtt as text', { 'Fn::GetAtt': 'X.Outputs.Arn' }, 'X->Outputs.Arn'],
    ['Fn::ImportValue', { 'Fn::ImportValue': { 'Fn::Sub': sub('{S}:T') } }, 'import(ref(S):T)'],
    ['Fn::Join', { 'Fn::Join': ['/', ['a', { Ref: 'X' }, 1]] }, 'a/ref(X)/1'],
    ['Fn::Sub', { 'Fn::Sub': sub('a-{X}-{Y.Arn}-{!Z}-$b') }, sub('a-ref(X)-Y->Arn-{Z}-$b')],
    ['Fn::Sub with variables', { 'Fn::Sub': [sub('{X}{Y}'), { X: { Ref: 'Z' } }] }, 'ref(Z)ref(Y)'],
    ['leaves out what has no value', { a: { Ref: 'AWS::NoValue' }, b: [{ Ref: 'AWS::NoValue' }, 1] }, { b: [1] }],
    ['an object that only looks alike', { Ref: 'X', other: 1 }, { Ref: 'X', other: 1 }],
  ])('%s', async (_, value, resolved) => {
    expect(await resolve(value, REFERENCES)).toEqual(resolved);
  });

  it('refuses a function that it does not know', async () => {
    await expect(resolve({ a: { 'Fn::Cidr': [] } }, REFERENCES)).rejects.toThrow('Fn::Cidr');
  });
});
