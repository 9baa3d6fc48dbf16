import { createGpgSigner } from './keys.ts';
import { type Area, changeArmor, type NewVector, SIGNED, type Workshop } from './workshop.ts';

const OTHER_TREE = 'e'.repeat(40);
const MALFORMED = 'locked at T on A: malformed_commit';

/** Trust rules 1.2, 1.3, 1.4, 1.7: what the bytes around a signature may be. */
export async function makeCommitHeaders(workshop: Workshop): Promise<Area> {
  const area = workshop.area();
  const alice = await createGpgSigner(workshop);
  area.files['alice.asc'] = await alice.certificate();
  const policy = { signatories: [{ name: 'Alice', openpgp: 'alice.asc' }] };
  const usual = { policy, rule: '1.2', made: 'gpg signed these very bytes.' };

  const byGit = await area.history();
  const repository = await workshop.checkOut(byGit);
  await byGit.take(
    'A',
    repository,
    await repository.commit('Change', { date: `${SIGNED} +0000`, args: [`-S${alice.key.fingerprint}`] }),
  );
  area.record(byGit, {
    ...usual,
    name: 'a commit that git and gpg signed',
    rule: ['1.2', '1.4', '2.1', '2.2', '4.2'],
    made: '`git commit -S`.',
    expect: 'trusted A',
  });

  const signed = async (name: string, change: (text: string) => string, more: Partial<NewVector>) => {
    const history = await area.history();
    await history.commit('A', { payload: change }, alice.sign);
    area.record(history, { ...usual, name, expect: MALFORMED, ...more });
  };
  const altered = async (name: string, change: (text: string) => string, more: Partial<NewVector>) => {
    const history = await area.history();
    await history.commit('A', { after: change }, alice.sign);
    const made = 'gpg signed the commit, and it was changed afterwards.';
    area.record(history, { ...usual, name, made, expect: MALFORMED, ...more });
  };

  const repeat = (header: string) => (text: string) => text.replace(new RegExp(`^${header} .*\n`, 'm'), '$&$&');
  await signed(
    'a second tree header after the parent',
    (text) => text.replace(/^parent .*\n/m, `$&tree ${OTHER_TREE}\n`),
    {
      row: 'duplicate tree header',
    },
  );
  // The second line ends what can be read of parents. Where the server says first that nothing is common, nobody looks.
  const parentless = {
    rule: ['1.2', '1.5', '4.4'],
    'expect-by': { handler: 'locked at T on A: history_rewritten' },
  };
  await signed('two tree headers before the parent', (text) => text.replace(/^tree .*\n/, '$&$&'), {
    ...parentless,
    row: 'duplicate tree header',
  });
  await signed('two author headers', repeat('author'), { row: 'duplicate author header' });
  await signed('two committer headers', repeat('committer'), {});
  await signed('a parent after the author', (text) => text.replace(/^(parent .*\n)(author .*\n)/m, '$2$1'), parentless);
  await signed(
    'an author header among the others',
    (text) => text.replace(/^committer .*\n/m, '$&author Eve <eve@example.com> 1738368000 +0000\n'),
    { row: 'duplicate author header' },
  );
  await signed('no author', (text) => text.replace(/^author .*\n/m, ''), {});
  await signed('a committer date before 1970', (text) => text.replace(/^(committer .*> )\d+/m, '$1-5'), {});
  await signed('a carriage return in the author header', (text) => text.replace(/^(author .*)\n/m, '$1\r\n'), {});
  await signed('a carriage return after an unknown header', (text) => text.replace('\n\n', '\nnote x\r\n\n'), {});
  await signed("a carriage return in a header's name", (text) => text.replace('\n\n', '\nno\rte x\n\n'), {});
  await altered(
    'a carriage return within a line of the armor',
    (text) => changeArmor(text, (armor) => armor.replace(/(\n\n.{9})/, '$1\r')),
    {},
  );
  await signed('a NUL byte in the message', (text) => `${text}a\0b\n`, { row: 'NUL in message' });
  await signed('a NUL byte in a header', (text) => text.replace('author Alice', 'author Al\0ice'), {
    row: 'NUL in message',
  });
  await signed('a header without a value', (text) => text.replace('\n\n', '\nlonely\n\n'), {});

  const fine = { expect: 'trusted A' };
  await signed('carriage returns in the message', (text) => `${text}One\r\nTwo\r\n`, fine);
  await signed(
    "Jujutsu's change-id, signed along",
    (text) => text.replace('\n\n', '\nchange-id plkvukqtrnqmwtkxmwqx\n\n'),
    fine,
  );
  await signed(
    'a message that is not UTF-8, with its encoding',
    (text) => `${text.replace('\n\n', '\nencoding ISO-8859-1\n\n')}Gr\xfc\xdfe\n`,
    { ...fine, rule: ['1.2', '1.4'] },
  );
  await signed('signature headers quoted in the message', (text) => `${text}\ngpgsig -----BEGIN PGP SIGNATURE-----\n`, {
    ...fine,
    rule: '1.3',
  });

  const header = { rule: '1.3' };
  await altered(
    'two gpgsig headers, both good',
    (text) => {
      const gpgsig = /^gpgsig [\s\S]*?\n(?! )/m;
      return text.replace(gpgsig, '$&$&');
    },
    { ...header, row: 'duplicate gpgsig header' },
  );
  await altered(
    'a bad gpgsig header before the good one',
    (text) => text.replace(/^gpgsig /m, 'gpgsig -----BEGIN PGP SIGNATURE-----\n \n -----END PGP SIGNATURE-----\n$&'),
    {
      ...header,
      row: 'duplicate gpgsig header',
    },
  );
  for (const name of ['gpgsigX', 'gpgsig-x', 'gpgsig-sha512']) {
    await altered(`a header ${name} beside the good signature`, (text) => text.replace('\n\n', `\n${name} evil\n\n`), {
      ...header,
      row: 'gpgsigX',
    });
  }
  await altered(
    'a good gpgsig-sha256 beside the good gpgsig',
    (text) => {
      const [gpgsig = ''] = /^gpgsig [\s\S]*?\n(?! )/m.exec(text) ?? [];
      return text.replace('\n\n', `\n${gpgsig.replace('gpgsig', 'gpgsig-sha256').trimEnd()}\n\n`);
    },
    { ...header, row: 'gpgsig-sha256 beside gpgsig' },
  );
  await altered('gpgsig-sha256 alone in a SHA-1 repository', (text) => text.replace(/^gpgsig /m, 'gpgsig-sha256 '), {
    ...header,
    row: 'gpgsig-sha256 beside gpgsig',
  });

  const changed = { rule: '1.4', expect: 'locked at T on A: invalid' };
  await altered('a word of the message changed', (text) => text.replace('Commit A', 'Commit B'), changed);
  await altered('another tree under the signature', (text) => text.replace(/^tree .*/, `tree ${OTHER_TREE}`), changed);
  await altered(
    'a header taken out of what was signed, and one put in',
    (text) => text.replace('\n\n', '\nchange-id plkvukqtrnqmwtkxmwqx\n\n'),
    changed,
  );
  await altered('the last line feed dropped', (text) => text.trimEnd(), changed);
  await altered(
    'the same signature in another armor: another id of the same payload',
    (text) => changeArmor(text, (armor) => armor.replace('\n\n', '\nComment: one more line\n\n')),
    {
      rule: '1.7',
      expect: 'trusted A',
    },
  );
  const treeless = (text: string) => text.replace(/^tree .*\n/, '');
  const made = 'gpg signed the commit, and its first line was taken out. git itself cannot walk past it.';
  await altered('no tree line', treeless, {
    'expect-by': { handler: 'locked at T on A: history_rewritten', cli: 'unreachable' },
    made,
  });
  await altered('no tree line, and a server that does not mind', treeless, {
    rule: ['1.2', '4.4'],
    server: { insists: true },
    'expect-by': { cli: 'unreachable' },
    made,
  });

  await makeMergetags(workshop, area, alice.key.fingerprint, usual);
  await makeSha256(area, alice.sign, usual);
  return area;
}

type Usual = Pick<NewVector, 'policy' | 'rule' | 'made'>;

/** A merge of a signed tag holds the tag's signature. */
async function makeMergetags(workshop: Workshop, area: Area, key: string, usual: Usual): Promise<void> {
  for (const isSigned of [false, true]) {
    const history = await area.history();
    const repository = await workshop.checkOut(history);
    await repository.run('checkout', '-q', '-b', 'side');
    const side = await repository.commit('Side', { date: `${SIGNED} +0000`, args: [`-S${key}`] });
    await repository.run('tag', '-s', '-u', key, '-m', 'A tag', 'v1', side);
    await repository.run('checkout', '-q', 'main');
    await repository.run('merge', '-q', '--no-ff', ...(isSigned ? [`-S${key}`] : []), '-m', 'Merge', 'v1');
    await history.take('S', repository, side);
    await history.take('M', repository, await repository.head());
    if (!history.text('M').includes('\nmergetag object')) throw new Error('git wrote no mergetag.');
    area.record(history, {
      ...usual,
      rule: '1.3',
      name: `a mergetag with a good signature on ${isSigned ? 'a signed' : 'an unsigned'} merge`,
      row: 'mergetag on an unsigned commit',
      made: '`git merge` of a tag that gpg signed.',
      expect: isSigned ? 'trusted M' : 'locked at T on M: unsigned',
    });
  }
}

async function makeSha256(
  area: Area,
  sign: Parameters<Awaited<ReturnType<Area['history']>>['commit']>[2],
  usual: Usual,
) {
  const good = await area.history('sha256');
  await good.commit('A', {}, sign);
  area.record(good, {
    ...usual,
    rule: ['1.1', '1.3'],
    name: 'a signed commit in a repository of SHA-256',
    expect: 'trusted A',
  });
  const other = await area.history('sha256');
  await other.commit('A', { header: 'gpgsig' }, sign);
  area.record(other, {
    ...usual,
    rule: '1.3',
    name: 'gpgsig in a repository of SHA-256',
    row: 'gpgsig-sha256 beside gpgsig',
    expect: MALFORMED,
  });
}
