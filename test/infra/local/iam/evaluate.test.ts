import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Condition, RequestContext } from '../../../../infra/local/iam/condition.ts';
import { ACCOUNT_ROOT, compilePolicy, decideAccess } from '../../../../infra/local/iam/evaluate.ts';
import type { Statement } from '../../../../infra/local/iam/policy-document.ts';
import { compileWildcard } from '../../../../infra/local/iam/wildcard.ts';

const ROLE = 'arn:aws:iam::000000000000:role/verify';
const KEY = 'arn:aws:kms:eu-central-1:000000000000:key/one';
const QUEUE = 'arn:aws:sqs:eu-central-1:000000000000:decisions.fifo';

function statement(changes: Partial<Statement> = {}): Statement {
  return {
    effect: 'Allow',
    principals: null,
    actions: ['sqs:SendMessage'],
    resources: [QUEUE],
    conditions: [],
    ...changes,
  };
}

function condition(operator: string, key: string, ...values: readonly string[]): Condition {
  return { operator, key, values };
}

interface Question {
  readonly action?: string;
  readonly resource?: string;
  readonly principal?: string;
  readonly context?: RequestContext;
  readonly own?: readonly Statement[] | null;
  readonly ofResource?: readonly Statement[] | null;
}

function decide(question: Question) {
  const { action = 'sqs:SendMessage', resource = QUEUE, principal = ROLE, context = {} } = question;
  const { own = [statement()], ofResource = null } = question;
  const [policy, resourcePolicy] = [own, ofResource].map((statements) => statements && compilePolicy(statements));
  return decideAccess({ action, resource, principal, context }, policy ?? null, resourcePolicy ?? null);
}

const [ALLOWED, NOT_ALLOWED, DENIED] = ['allowed', 'implicitly denied', 'explicitly denied'] as const;
const DENY = statement({ effect: 'Deny' });
const TO_ALL = { principals: ['*'] };

// IAM User Guide, "Policy evaluation logic" and "Policy evaluation for requests within a single account".
describe('a decision', () => {
  it.each<[what: string, Question, string]>([
    ['no policy at all', { own: null }, NOT_ALLOWED],
    ['a policy without statements', { own: [] }, NOT_ALLOWED],
    ['an allow', {}, ALLOWED],
    ['an allow of another action', { action: 'sqs:DeleteMessage' }, NOT_ALLOWED],
    ['an allow of another resource', { resource: `${QUEUE}x` }, NOT_ALLOWED],
    ['an allow and a deny', { own: [statement(), DENY] }, DENIED],
    ['a deny before an allow', { own: [DENY, statement()] }, DENIED],
    ['a deny of another resource', { own: [statement(), { ...DENY, resources: [KEY] }] }, ALLOWED],
    ['an allow of the resource alone', { own: [], ofResource: [statement(TO_ALL)] }, ALLOWED],
    [
      'an allow of the resource to another',
      { own: [], ofResource: [statement({ principals: [`${ROLE}s`] })] },
      NOT_ALLOWED,
    ],
    ['an allow of the resource to the role', { own: [], ofResource: [statement({ principals: [ROLE] })] }, ALLOWED],
    [
      'an allow of the resource to the account',
      { own: [], ofResource: [statement({ principals: [ACCOUNT_ROOT] })] },
      NOT_ALLOWED,
    ],
    ['a deny of the resource to all', { ofResource: [{ ...DENY, ...TO_ALL }] }, DENIED],
    ['a deny of the resource to the account', { ofResource: [{ ...DENY, principals: [ACCOUNT_ROOT] }] }, DENIED],
    ['a deny of the resource to another', { ofResource: [{ ...DENY, principals: ['other'] }] }, ALLOWED],
    ['a name of an action in another case', { own: [statement({ actions: ['SQS:sendmessage'] })] }, ALLOWED],
    ['a wildcard for the action', { own: [statement({ actions: ['sqs:Send*'] })] }, ALLOWED],
    ['a wildcard for the resource', { own: [statement({ resources: ['arn:aws:sqs:*:decisions.????'] })] }, ALLOWED],
    ['a resource in another case', { own: [statement({ resources: [QUEUE.toUpperCase()] })] }, NOT_ALLOWED],
  ])('on %s', (_, question, decision) => {
    expect(decide(question)).toBe(decision);
  });

  // KMS Developer Guide, "Key policies in AWS KMS".
  describe.each([[KEY]])('on a key', (resource) => {
    const action = 'kms:Decrypt';
    const own = [statement({ actions: [action], resources: [resource] })];
    const ofKey = (principal: string) => [statement({ actions: ['kms:*'], resources: ['*'], principals: [principal] })];
    it.each<[what: string, Question, string]>([
      ['without a key policy', { own }, NOT_ALLOWED],
      ['that hands on to the account', { own, ofResource: ofKey(ACCOUNT_ROOT) }, ALLOWED],
      [
        'that hands on to the account, where that allows nothing',
        { own: [], ofResource: ofKey(ACCOUNT_ROOT) },
        NOT_ALLOWED,
      ],
      ['that names the role', { own: [], ofResource: ofKey(ROLE) }, ALLOWED],
      ['that names another role', { own, ofResource: ofKey('other') }, NOT_ALLOWED],
      [
        'that hands on, for a service',
        { own: null, principal: 'cloudwatch.amazonaws.com', ofResource: ofKey(ACCOUNT_ROOT) },
        NOT_ALLOWED,
      ],
      [
        'that names a service',
        { own: null, principal: 'cloudwatch.amazonaws.com', ofResource: ofKey('cloudwatch.amazonaws.com') },
        ALLOWED,
      ],
    ])('%s', (_, question, decision) => {
      expect(decide({ action, resource, ...question })).toBe(decision);
    });
  });
});

// IAM User Guide, "Condition operators", "Multivalued context keys" and "Single-valued versus multivalued".
describe('a condition', () => {
  const LEADING = 'dynamodb:LeadingKeys';
  const likeBranches = condition('ForAllValues:StringLike', LEADING, 'branch:*', 'tag:?');
  const PURPOSE = 'kms:EncryptionContext:headlock:purpose';
  it.each<[Condition, RequestContext, boolean]>([
    [condition('StringEquals', PURPOSE, 'git', 'app'), { [PURPOSE]: ['app'] }, true],
    [condition('StringEquals', PURPOSE, 'git', 'app'), { [PURPOSE]: ['status'] }, false],
    [condition('StringEquals', PURPOSE, 'git'), { [PURPOSE]: ['GIT'] }, false],
    [condition('StringEquals', PURPOSE, 'g*'), { [PURPOSE]: ['git'] }, false],
    [condition('StringEquals', PURPOSE, 'git'), {}, false],
    [condition('Null', PURPOSE, 'true'), {}, true],
    [condition('Null', PURPOSE, 'false'), {}, false],
    [condition('Null', PURPOSE, 'false'), { [PURPOSE]: ['git'] }, true],
    [condition('Null', LEADING, 'true'), { [LEADING]: [] }, true],
    [condition('Bool', 'aws:SecureTransport', 'true'), { 'aws:SecureTransport': ['true'] }, true],
    [condition('Bool', 'aws:SecureTransport', 'false'), { 'aws:SecureTransport': ['true'] }, false],
    [condition('Bool', 'aws:SecureTransport', 'false'), {}, false],
    [likeBranches, { [LEADING]: ['branch:payments', 'tag:a'] }, true],
    [likeBranches, { [LEADING]: ['branch:payments', 'token:a'] }, false],
    [likeBranches, { [LEADING]: ['tag:ab'] }, false],
    [likeBranches, { [LEADING]: [] }, true],
    [likeBranches, {}, true],
  ])('%j with %j: %s', (one, context, holds) => {
    const conditions = [one];
    expect(decide({ own: [statement({ conditions })], context })).toBe(holds ? ALLOWED : NOT_ALLOWED);
    expect(decide({ own: [statement(), { ...DENY, conditions }], context })).toBe(holds ? DENIED : ALLOWED);
  });

  it('holds only together with the others', () => {
    const conditions = [condition('StringEquals', PURPOSE, 'git'), condition('Bool', 'aws:SecureTransport', 'true')];
    const own = [statement({ conditions })];
    expect(decide({ own, context: { [PURPOSE]: ['git'], 'aws:SecureTransport': ['true'] } })).toBe(ALLOWED);
    expect(decide({ own, context: { [PURPOSE]: ['git'] } })).toBe(NOT_ALLOWED);
  });

  // Fail closed: what is not known here permits nothing, and forbids.
  it.each<[what: string, Condition]>([
    ['an operator', condition('StringNotEquals', PURPOSE, 'status')],
    ['an operator that every object has', condition('constructor', PURPOSE, 'status')],
    ['a key', condition('StringEquals', 'aws:PrincipalTag/team', 'git')],
    ['a key with nothing behind its prefix', condition('StringEquals', 'kms:EncryptionContext:', 'git')],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: policies write variables so.
    ['a policy variable', condition('StringEquals', PURPOSE, '${aws:username}')],
    ['no value', condition('StringEquals', PURPOSE)],
    ['several values where one was meant', condition('StringEquals', LEADING, 'a')],
  ])('with %s that is not known permits nothing, and forbids', (_, unknown) => {
    const context = { [PURPOSE]: ['git'], 'aws:PrincipalTag/team': ['git'], [LEADING]: ['a', 'b'] };
    expect(decide({ own: [statement({ conditions: [unknown] })], context })).toBe(NOT_ALLOWED);
    expect(decide({ own: [statement(), { ...DENY, conditions: [unknown] }], context })).toBe(DENIED);
  });
});

describe('for all policies', () => {
  const text = fc.constantFrom('a', 'b', 'a*', '*', 'b?', 'ba');
  const someStatement = fc.record({
    effect: fc.constantFrom('Allow', 'Deny'),
    principals: fc.constant(null),
    actions: fc.array(text, { minLength: 1, maxLength: 2 }),
    resources: fc.array(text, { minLength: 1, maxLength: 2 }),
    conditions: fc.array(
      fc.record({
        operator: fc.constantFrom('StringEquals', 'Null', 'Bool', 'ForAllValues:StringLike', 'NumericEquals'),
        key: fc.constantFrom('dynamodb:LeadingKeys', 'kms:ViaService', 'aws:Unknown'),
        values: fc.array(fc.constantFrom('a', 'true', 'false', 'b*'), { minLength: 1, maxLength: 2 }),
      }),
      { maxLength: 2 },
    ),
  });
  const someContext = fc.dictionary(
    fc.constantFrom('dynamodb:LeadingKeys', 'kms:ViaService'),
    fc.array(fc.constantFrom('a', 'b', 'true'), { maxLength: 2 }),
  );
  const asked = fc.record({
    action: fc.constantFrom('a', 'b', 'ba'),
    resource: fc.constantFrom('a', 'b', 'ba'),
    context: someContext,
  });

  it('another deny never allows more, and another allow never undoes a deny', () => {
    fc.assert(
      fc.property(fc.array(someStatement, { maxLength: 5 }), someStatement, asked, (statements, added, question) => {
        const before = decide({ ...question, own: statements });
        const after = decide({ ...question, own: [...statements, added] });
        if (added.effect === 'Deny' && before !== ALLOWED) expect(after).not.toBe(ALLOWED);
        if (added.effect === 'Allow' && before === DENIED) expect(after).toBe(DENIED);
        if (added.effect === 'Allow' && before === ALLOWED) expect(after).toBe(ALLOWED);
      }),
    );
  });

  it('the order of statements does not count', () => {
    fc.assert(
      fc.property(fc.array(someStatement, { maxLength: 5 }), asked, (statements, question) => {
        expect(decide({ ...question, own: statements.toReversed() })).toBe(decide({ ...question, own: statements }));
      }),
    );
  });

  it('a wildcard matches what stands for it, and a text without one itself alone', () => {
    const plain = fc.string({ unit: fc.constantFrom('a', 'b', ':', '.', '(', '\n', 'ü') });
    fc.assert(
      fc.property(plain, plain, plain, (start, middle, end) => {
        expect(compileWildcard(`${start}*${end}`)(start + middle + end)).toBe(true);
        expect(compileWildcard(start)(middle)).toBe(start === middle);
        expect(compileWildcard(`${start}?${end}`)(start + middle + end)).toBe([...middle].length === 1);
      }),
    );
  });
});
