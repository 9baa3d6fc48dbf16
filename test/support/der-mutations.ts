import { MalformedError } from '../../shared/signatures/malformed-error.ts';
import { type DerElement, readDer, readElements } from '../../shared/signatures/x509/der-element.ts';
import { der } from './cms-writer.ts';
import type { RandomNumbers } from './random-numbers.ts';

/** An element of DER with those in it, of which a changed one is written with lengths that fit. */
interface Node {
  readonly tag: number;
  readonly content: Buffer;
  readonly children: readonly Node[];
}

const CONSTRUCTED = 0x20;
const OCTET_STRING = 0x04;

/** Every element of these bytes, whole: what a forger may take from one signature and put into another. */
export function listElements(bytes: Buffer): readonly Buffer[] {
  const list = (node: Node): Buffer[] => [write(node), ...node.children.flatMap(list)];
  return list(read(readDer(bytes)));
}

/** Changes one element somewhere in it, and leaves lengths behind that fit. What is no DER any more stays as it is. */
export function mutateDer(bytes: Buffer, spares: readonly Buffer[], random: RandomNumbers): Buffer {
  try {
    return Buffer.concat(mutate(read(readDer(bytes)), spares, random));
  } catch (error) {
    if (error instanceof MalformedError) return bytes;
    throw error;
  }
}

function mutate(node: Node, spares: readonly Buffer[], random: RandomNumbers): Buffer[] {
  const { tag, content, children } = node;
  if (children.length > 0 && random.below(8) > 0) {
    const chosen = random.below(children.length);
    const parts = children.flatMap((child, at) => (at === chosen ? mutate(child, spares, random) : [write(child)]));
    return [der(tag, ...parts)];
  }
  const whole = write(node);
  const spare = random.pick(spares);
  const flipped = Buffer.from(content);
  const at = random.below(Math.max(1, content.length));
  if (content.length > 0) flipped[at] = Number(flipped[at]) ^ (1 << random.below(8));
  return random.pick([
    [],
    [whole, whole],
    [spare],
    [whole, spare],
    [spare, whole],
    [der(tag ^ (1 << random.below(8)), content)],
    [der(tag, flipped)],
    [der(tag, content.subarray(0, at))],
    [der(tag, content, random.bytes(random.between(1, 3)))],
    [der(tag, ...children.toReversed().map(write))],
  ]);
}

function read(element: DerElement): Node {
  const { tag, content } = element;
  return { tag, content, children: childrenOf(element).map(read) };
}

/** Those of an octet string too, where DER is in it. */
function childrenOf(element: DerElement): readonly DerElement[] {
  if ((element.tag & CONSTRUCTED) !== 0) return readElements(element);
  if (element.tag !== OCTET_STRING) return [];
  try {
    return readElements(element);
  } catch {
    return [];
  }
}

function write({ tag, content, children }: Node): Buffer {
  return children.length === 0 ? der(tag, content) : der(tag, ...children.map(write));
}
