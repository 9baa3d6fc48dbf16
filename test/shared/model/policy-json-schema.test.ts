import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { FIELD_NOTES } from '../../../shared/model/policy-field-notes.ts';
import { createPolicyJsonSchema } from '../../../shared/model/policy-json-schema.ts';

type JsonSchema = z.core.JSONSchema.BaseSchema;
const schema = JSON.parse(JSON.stringify(createPolicyJsonSchema())) as JsonSchema;
const editor = z.fromJSONSchema(schema);
const accepts = (policy: unknown) => editor.safeParse(policy).success;

const readme = await readFile(join(import.meta.dirname, '../../../README.md'), 'utf8');
const [, example = ''] = /^```yaml\n(.*?)^```/ms.exec(readme) ?? [];
const ANCHOR = 'a'.repeat(40);

/** A policy with these settings of its repository, its branch and its signatory. */
function policyWith({ repository = {}, branch = {}, signatory = {} }: Record<string, object>): object {
  const branches = [{ name: 'main', anchor: ANCHOR, ...branch }];
  const signatories = [{ name: 'Alice', openpgp: 'alice.asc', ...signatory }];
  const shop = { name: 'shop', url: 'https://git.example.com/shop.git', provider: 'generic', branches, signatories };
  const verifier = 'https://headlock.example.com/test';
  return { apiVersion: 'headlock/v1', verifier, repositories: [{ ...shop, ...repository }] };
}

/** Every field with its description, by its path. */
function* fieldsOf({ properties = {}, items, anyOf = [] }: JsonSchema, path = ''): Generator<[string, string]> {
  for (const [name, field] of Object.entries(properties) as [string, JsonSchema][]) {
    yield [path + name, field.description ?? ''];
    yield* fieldsOf(field, `${path}${name}.`);
  }
  for (const inner of [items, ...anyOf] as (JsonSchema | undefined)[])
    if (inner !== undefined) yield* fieldsOf(inner, path);
}

describe('createPolicyJsonSchema', () => {
  it('names its draft and itself', () => {
    expect(schema).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: 'urn:headlock:schema:policy:v1',
      title: 'headlock.yaml',
    });
  });

  it("accepts the README's policy, and the policy as short as it may be", () => {
    expect(editor.safeParse(parse(example))).toMatchObject({ success: true });
    expect(accepts(policyWith({}))).toBe(true);
  });

  it.each([
    { signatory: { ssh: 'ssh-ed25519 AAAA' } },
    { signatory: { ssh: ['ssh-ed25519 AAAA', 'ssh-rsa AAAA'] } },
    { signatory: { ssh: { keys: 'ssh-ed25519 AAAA', userVerification: true } } },
    { signatory: { ssh: { certificateAuthority: ['ssh-ed25519 AAAA'], principals: ['bob'] } } },
    { signatory: { ssh: { allowedSigners: 'allowed_signers', revocations: 'revoked' } } },
    { branch: { publishers: ['Alice'], limits: { commits: 5 } } },
    { repository: { credentials: { bearer: { secretRef: 'token' } } } },
    { repository: { credentials: { app: 'acme' }, commitStatus: true } },
    { repository: { credentials: { sshKey: { secretRef: 'key' }, knownHosts: 'known_hosts' } } },
    { repository: { commitStatus: { secretRef: 'teller' }, certificateAuthority: 'ca.pem' } },
    { repository: { denied: [{ payloadSha256: 'a'.repeat(64), reason: 'Stolen' }] } },
  ])('accepts what Headlock reads: %j', (settings) => {
    expect(accepts(policyWith(settings))).toBe(true);
  });

  it.each([
    { repository: { brances: [] } },
    { repository: { credentials: { sshKey: { secretRef: 'key' } } } },
    { repository: { commitStatus: 'always' } },
    { branch: { anker: ANCHOR } },
    { branch: { anchor: 'HEAD' } },
    { branch: { mode: 'most' } },
    { branch: { limits: { files: 1 } } },
    { signatory: { ssh: { key: 'ssh-ed25519 AAAA' } } },
    { signatory: { ssh: [] } },
    { signatory: { x509: { subject: 'alice' } } },
    { signatory: { validUntil: 'tomorrow' } },
    { repository: { webhook: { secretRef: 'Upper' } } },
    { repository: { accepted: [{ commit: ANCHOR }] } },
  ])('refuses what Headlock refuses, unknown keys among it: %j', (settings) => {
    expect(accepts(policyWith(settings))).toBe(false);
  });

  it('refuses an unknown key at the top', () => {
    expect(accepts({ ...policyWith({}), version: 1 })).toBe(false);
  });

  it('describes every field, and none that is not there', () => {
    const fields = [...fieldsOf(schema)];
    expect(fields.filter(([, description]) => description === '')).toEqual([]);
    const paths = fields.map(([path]) => path).filter((path) => !path.endsWith('.secretRef'));
    expect([...new Set(paths)].toSorted()).toEqual(Object.keys(FIELD_NOTES).toSorted());
  });
});
