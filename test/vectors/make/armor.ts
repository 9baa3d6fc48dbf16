import { randomBytes } from 'node:crypto';
import { armorSignature } from '../../support/forge-openpgp.ts';
import { createSshKey, signWithSsh } from '../../support/signing.ts';
import { createGpgSigner } from './keys.ts';
import { type Area, changeArmor, type NewVector, type Signer, type Workshop } from './workshop.ts';

const MALFORMED = 'locked at T on A: malformed_signature';
const TRUSTED = 'trusted A';
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const UNKNOWN = 'locked at T on A: unknown_signature_type';

/** Trust rule 2.1: the armor is the whole header. */
export async function makeArmor(workshop: Workshop): Promise<Area> {
  const area = workshop.area();
  const alice = await createGpgSigner(workshop);
  const mallory = await createGpgSigner(workshop, { name: 'Mallory', email: 'mallory@example.com' });
  area.files['alice.asc'] = await alice.certificate();
  const policy = { signatories: [{ name: 'Alice', openpgp: 'alice.asc' }] };
  const usual = { policy, rule: '2.1', made: 'The armor of a signature by gpg was changed.' };

  type More = Partial<NewVector>;
  const altered = async (name: string, expect: string, change: (armor: string) => string, more: More = {}) => {
    const history = await area.history();
    await history.commit('A', { after: (text) => changeArmor(text, change) }, alice.sign);
    area.record(history, { ...usual, name, expect, ...more });
  };
  const signed = async (name: string, expect: string, sign: Signer, more: More = {}) => {
    const history = await area.history();
    await history.commit('A', {}, sign);
    area.record(history, { ...usual, name, expect, ...more });
  };
  const packetsOf = async (sign: Signer, payload: Buffer) => dearmor((await sign(payload)).toString());
  const packets = (name: string, change: (good: Buffer, payload: Buffer) => Buffer | Promise<Buffer>, row: string) => {
    const sign: Signer = async (payload) => armorSignature(await change(await packetsOf(alice.sign, payload), payload));
    return signed(name, MALFORMED, sign, { row, made: 'Packets of gpg, put together anew.' });
  };

  await altered('an armor as gpg writes it', TRUSTED, (armor) => armor, { made: 'gpg.' });
  await altered('an empty line after it', TRUSTED, (armor) => `${armor}\n`, { row: 'an empty line after the armor' });
  await altered('white space after it', TRUSTED, (armor) => `${armor} \t\n\n`, {
    row: 'an empty line after the armor',
  });
  await altered('text after it', MALFORMED, (armor) => `${armor}\nMore`, { row: 'text after the armor' });
  await altered('text after it on the same line', MALFORMED, (armor) => `${armor} More`, {
    row: 'text after the armor',
  });
  await altered('text before it', MALFORMED, (armor) => `More\n${armor}`);
  await altered('an empty line before it', MALFORMED, (armor) => `\n${armor}`);
  await altered('the block once more', MALFORMED, (armor) => `${armor}\n${armor}`, { row: 'second armor block' });
  await altered('a key block after it', MALFORMED, (armor) => `${armor}\n${area.files['alice.asc']}`, {
    row: 'second armor block',
  });
  await altered('no end line', MALFORMED, (armor) => armor.replace(/\n-----END.*/, ''));
  await altered('no empty line before the base64', MALFORMED, (armor) => armor.replace('\n\n', '\n'));
  await altered('CRLF line ends', TRUSTED, (armor) => `${armor.replaceAll('\n', '\r\n')}\r`, { row: 'CRLF armor' });
  await altered('a comment added', TRUSTED, (armor) => armor.replace('\n\n', '\nComment: Hello\n\n'), {
    row: 'armor comment added',
    rule: ['2.1', '1.7'],
  });
  await altered('a header that no standard knows', MALFORMED, (armor) => armor.replace('\n\n', '\nEvil: x\n\n'), {
    row: 'armor comment added',
  });
  await altered(
    'a comment of 1,000 characters',
    MALFORMED,
    (armor) => armor.replace('\n\n', `\nComment: ${'x'.repeat(1000)}\n\n`),
    { row: 'armor comment added' },
  );
  for (const [what, character] of [
    ['an exclamation mark', '!'],
    ['a blank', ' '],
    ['a character of the URL alphabet', '-'],
  ]) {
    await altered(`${what} in the base64`, MALFORMED, (armor) => armor.replace(/(\n\n.{20})/, `$1${character}`), {
      row: 'foreign characters',
    });
  }
  await altered(
    'unused bits of its last character set',
    MALFORMED,
    (armor) => armor.replace(/(.)(?==+\n)/, (last) => BASE64.charAt(BASE64.indexOf(last) + 1)),
    { row: 'foreign characters' },
  );
  await altered('no checksum', TRUSTED, (armor) => armor.replace(/\n=.{4}\n/, '\n'));
  await altered('a wrong checksum', TRUSTED, (armor) => armor.replace(/\n=.{4}\n/, '\n=AAAA\n'));
  await altered('nothing within', MALFORMED, (armor) => armor.replace(/\n\n[\s\S]*\n-/, '\n\n-'));
  await altered('no armor at all', MALFORMED, () => 'iQ==');
  await altered('the label of a message', UNKNOWN, (armor) => armor.replaceAll('PGP SIGNATURE', 'PGP MESSAGE'));
  await altered('a label that no tool writes', UNKNOWN, (armor) => armor.replaceAll('PGP SIGNATURE', 'PGP SIGNETURE'));

  await signed(
    'a whole message that gpg signed',
    UNKNOWN,
    (payload) => workshop.home.gpg(['--armor', '-u', alice.key.fingerprint, '--sign'], { input: payload }),
    { made: '`gpg --sign`.' },
  );
  await signed('bytes that are no CMS signature', MALFORMED, () => armorCms(), {
    rule: ['2.4', '2.1'],
    made: 'Random bytes in the armor of gitsign.',
  });
  const limits = (signatureBytes: number) => ({
    policy: { ...policy, branches: { main: { limits: { signatureBytes } } } },
  });
  await altered('a signature longer than the limit', 'locked at T on A: limit_exceeded', (armor) => armor, {
    ...limits(200),
    rule: ['2.1', '4.7'],
    made: 'gpg, under a limit that its signatures pass.',
  });
  await altered(
    'a comment that makes the signature too long',
    'locked at T on A: limit_exceeded',
    (armor) => armor.replace('\n\n', `\nComment: ${'x'.repeat(190)}\n\n`),
    { ...limits(400), rule: ['2.1', '4.7'] },
  );
  await altered('a signature within a limit that is raised', TRUSTED, (armor) => armor, {
    ...limits(100_000),
    rule: '4.7',
  });

  const bad: Signer = mallory.sign;
  await packets(
    'a good signature and a bad one',
    async (good, payload) => Buffer.concat([good, await packetsOf(bad, payload)]),
    'two signature packets, good and bad',
  );
  await packets(
    'a bad signature and a good one',
    async (good, payload) => Buffer.concat([await packetsOf(bad, payload), good]),
    'two signature packets, bad and good',
  );
  await packets(
    'the good signature twice',
    (good) => Buffer.concat([good, good]),
    'two signature packets, good and bad',
  );
  await signed('two signatures as gpg makes them', MALFORMED, alice.by({ args: ['-u', mallory.key.fingerprint] }), {
    row: 'two signature packets, good and bad',
    made: '`gpg -u mallory -bsau alice`.',
  });
  const marker = Buffer.from([0xca, 3, ...Buffer.from('PGP')]);
  await packets('a marker packet after it', (good) => Buffer.concat([good, marker]), 'trailing packets');
  await packets(
    'a padding packet after it',
    (good) => Buffer.concat([good, Buffer.from([0xd5, 16]), Buffer.alloc(16)]),
    'trailing packets',
  );
  await packets('a marker packet before it', (good) => Buffer.concat([marker, good]), 'trailing packets');
  await packets('a byte after it', (good) => Buffer.concat([good, Buffer.alloc(1)]), 'trailing packets');
  await packets('a byte missing at its end', (good) => good.subarray(0, -1), 'trailing packets');

  await makeSshArmor(area, usual);
  return area;
}

async function makeSshArmor(area: Area, usual: Pick<NewVector, 'rule' | 'made' | 'policy'>) {
  const key = await createSshKey();
  const policy = { signatories: [{ name: 'Alice', ssh: key.publicKey }] };
  const altered = async (name: string, expect: string, change: (armor: string) => string, row?: string) => {
    const history = await area.history();
    const draft = { after: (text: string) => changeArmor(text, change) };
    await history.commit('A', draft, (payload) => signWithSsh(key, payload));
    const made = 'The armor of a signature by ssh-keygen was changed.';
    area.record(history, { ...usual, policy, made, name: `SSH: ${name}`, expect, ...(row !== undefined && { row }) });
  };
  await altered('as ssh-keygen writes it', TRUSTED, (armor) => armor);
  await altered('an empty line after it', TRUSTED, (armor) => `${armor}\n`, 'an empty line after the armor');
  await altered('CRLF line ends', TRUSTED, (armor) => armor.replaceAll('\n', '\r\n'), 'CRLF armor');
  await altered('text after it', MALFORMED, (armor) => `${armor}\nMore`, 'text after the armor');
  await altered('the block once more', MALFORMED, (armor) => `${armor}\n${armor}`, 'second armor block');
  await altered(
    'a comment added',
    MALFORMED,
    (armor) => armor.replace('\n', '\nComment: Hello\n\n'),
    'armor comment added',
  );
  await altered('a foreign character', MALFORMED, (armor) => armor.replace(/(\n.{20})/, '$1!'), 'foreign characters');
  await key.cleanup();
}

function dearmor(armor: string): Buffer {
  const [, body = ''] = /\n\n([\s\S]*?)\n=/.exec(armor) ?? [];
  return Buffer.from(body, 'base64');
}

function armorCms(): Buffer {
  const lines =
    randomBytes(300)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return Buffer.from(['-----BEGIN SIGNED MESSAGE-----', ...lines, '-----END SIGNED MESSAGE-----', ''].join('\n'));
}
