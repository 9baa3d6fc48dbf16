import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { branchOfRefName, isBranchName, isRepositoryName } from '../../../shared/model/branch-ref.ts';

function gitAccepts(branch: string): boolean {
  try {
    execFileSync('git', ['check-ref-format', `refs/heads/${branch}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('isBranchName', () => {
  it.each(['main', 'feature/x', 'release-1.2', 'größe', 'a@b', "it's"])('accepts %j, as git does', (name) => {
    expect(gitAccepts(name)).toBe(true);
    expect(isBranchName(name)).toBe(true);
  });

  it.each([
    '',
    '.a',
    'a/.b',
    'a..b',
    'a.lock',
    'a.lock/b',
    'a b',
    'a~',
    'a:',
    'a?',
    'a*',
    'a[',
    'a\\b',
    'a/',
    '/a',
    'a//b',
    'a.',
    'a@{1}',
    'a\u007f',
  ])('refuses %j, as git does', (name) => {
    expect(gitAccepts(name)).toBe(false);
    expect(isBranchName(name)).toBe(false);
  });

  it('never accepts what git refuses', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'b', '.', '/', '@', '{', '-', '~', ' ', '*', ':', '\\', 'ß', '.lock'),
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(text, (name) => !isBranchName(name) || gitAccepts(name)),
      { numRuns: 300 },
    );
  });
});

describe('branchOfRefName', () => {
  it('takes branches alone', () => {
    expect(branchOfRefName('refs/heads/feature/x')).toBe('feature/x');
    expect(branchOfRefName('refs/tags/v1')).toBeNull();
    expect(branchOfRefName('refs/heads/a..b')).toBeNull();
    expect(branchOfRefName('main')).toBeNull();
  });
});

describe('isRepositoryName', () => {
  it('leaves out what would break a database key or a URL', () => {
    expect(['payments-manifests', 'a.b_c'].every(isRepositoryName)).toBe(true);
    expect(['', 'A', 'a:b', 'a/b', '-a', 'a b'].some(isRepositoryName)).toBe(false);
  });
});
