import { describe, expect, it } from 'vitest';
import { type References, resolve } from '../../../../infra/local/runtime/resolve-intrinsics.ts';

const REFERENCES: References = {
  attribute: (logicalId, name) => `${logicalId}->${name}`,
  importValue: (exportName) => `import(${exportName})`,
};

describe('resolve', () => {
  it.each<[string, unknown, unknown]>([
    ['leaves plain values', { a: [1, 'b', true, null] }, { a: [1, 'b', true, null] }],
    ['Ref', { a: { Ref: 'X' } }, { a: 'X->Ref' }],
    ['Fn::GetAtt', { 'Fn::GetAtt': ['X', 'Arn'] }, 'X->Arn'],
    ['Fn::ImportValue', { 'Fn::ImportValue': 'S:T' }, 'import(S:T)'],
    ['Fn::Join', { 'Fn::Join': ['/', ['a', { Ref: 'X' }, 1]] }, 'a/X->Ref/1'],
    [
      'leaves out what has no meaning here',
      { Code: { S3Bucket: { 'Fn::Sub': '' }, S3Key: 'k' } },
      { Code: { S3Key: 'k' } },
    ],
    ['an object that only looks alike', { Ref: 'X', other: 1 }, { Ref: 'X', other: 1 }],
  ])('%s', (_, value, resolved) => {
    expect(resolve(value, REFERENCES)).toEqual(resolved);
  });

  it('refuses a function that it does not know', () => {
    expect(() => resolve({ a: { 'Fn::Cidr': [] } }, REFERENCES)).toThrow('Fn::Cidr');
  });
});
