import { describe, expect, it } from 'vitest';
import type { TagState } from '../../../shared/model/tag-state.ts';
import { acceptTag, clearTag, type TagAct } from '../../../shared/trust/operate-on-tag.ts';
import { oidOf } from '../../support/small-history.ts';
import { createNewTagState, createTrustedTagState } from '../../support/tag-states.ts';

const NOW = '2026-11-21T12:00:00.000Z';
const act = (changes: Partial<TagAct> = {}): TagAct => ({
  ...{ sequence: 1, overCompromise: false, reason: 'Looked at it', actor: 'local operator ana', now: NOW },
  ...changes,
});
const lock = { commit: oidOf('e'), reason: 'tag_moved', message: 'Moved.', nextStep: 'Look.', since: NOW } as const;
const compromise = { keys: ['SHA256:x'], message: 'Lost.', nextStep: 'Look.', since: NOW };
const moved = (changes: Partial<TagState> = {}) => createTrustedTagState('shop', 'v1', { lock, ...changes });
const told = ({ due }: TagState) =>
  due.map((each) => (each.kind === 'event' ? each.event.kind : each.kind === 'alert' ? each.alert.event : each.kind));

describe('what an operator does with a tag (trust rule 5.3)', () => {
  it('accepts another object, raises the sequence, and is recorded and told', () => {
    const after = acceptTag(moved(), oidOf('e'), oidOf('c'), act());
    expect(after).toMatchObject({
      ...{ sequence: 2, object: oidOf('e'), trusted: { oid: oidOf('c') }, operatorAnchored: true, signedBy: [] },
      ...{ lock: null, decidedAt: NOW },
    });
    expect(told(after)).toEqual(['reanchored', 'reanchored']);
    const [event] = after.due;
    expect(event).toMatchObject({
      event: { details: { reason: 'Looked at it', object: oidOf('e'), previous: oidOf('d'), lock: 'tag_moved' } },
    });
  });

  it('accepts one of which nothing is published', () => {
    const after = acceptTag(createNewTagState('shop', 'v1'), oidOf('d'), oidOf('c'), act({ sequence: 0 }));
    expect(after).toMatchObject({ sequence: 1, object: oidOf('d') });
  });

  it('drops a tag that was moved, which is then judged as a new one', () => {
    const after = clearTag(moved(), act());
    expect(after).toMatchObject({
      sequence: 2,
      trusted: null,
      object: null,
      signedBy: null,
      policyVersion: 0,
      lock: null,
    });
  });

  it('lets a tag stand that rests on a compromised key, and only where that is meant (trust rule 3.3)', () => {
    expect(() => clearTag(moved({ compromise }), act())).toThrow(expect.objectContaining({ kind: 'input' }));
    const after = clearTag(moved({ compromise }), act({ overCompromise: true }));
    expect(after).toMatchObject({
      sequence: 2,
      object: oidOf('d'),
      signedBy: [],
      operatorAnchored: true,
      compromise: null,
    });
  });

  it('is refused where the tag moved on, or there is nothing to clear', () => {
    expect(() => acceptTag(moved(), oidOf('e'), oidOf('c'), act({ sequence: 2 }))).toThrow(/is at sequence 1, not 2/);
    expect(() => clearTag(moved({ lock: null }), act())).toThrow('is not locked');
    const nothing = createNewTagState('shop', 'v1', { lock });
    expect(() => clearTag(nothing, act({ sequence: 0 }))).toThrow('has published nothing');
  });
});
