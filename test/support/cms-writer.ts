import { type DerElement, readDer, readElements } from '../../shared/signatures/x509/der-element.ts';

/** One element of DER around others. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

export function derOid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const numbers = [first * 40 + second, ...rest].flatMap((number) => {
    const bytes = [number & 0x7f];
    for (let left = Math.floor(number / 128); left > 0; left = Math.floor(left / 128))
      bytes.unshift((left & 0x7f) | 0x80);
    return bytes;
  });
  return der(0x06, Buffer.from(numbers));
}

/** The same `ContentInfo` with its signers changed: each is the list of its elements, whole. */
export function changeSigners(
  cms: Uint8Array,
  change: (signers: readonly (readonly Buffer[])[]) => readonly (readonly Uint8Array[])[],
): Buffer {
  return changeSignedData(cms, (elements) => {
    const signers = readElements(elements.at(-1) as DerElement).map((signer) => wholes(readElements(signer)));
    const changed = change(signers).map((parts) => der(0x30, ...parts));
    return [...wholes(elements.slice(0, -1)), der(0x31, ...changed)];
  });
}

/** The same with the elements of its `SignedData` changed. */
export function changeSignedData(
  cms: Uint8Array,
  change: (elements: readonly DerElement[]) => readonly Uint8Array[],
): Buffer {
  const [type, wrapped] = readElements(readDer(cms));
  const [data] = readElements(wrapped as DerElement);
  return der(0x30, (type as DerElement).whole, der(0xa0, der(0x30, ...change(readElements(data as DerElement)))));
}

/** The same with unsigned attributes, of one value each. */
export function addUnsigned(cms: Uint8Array, attributes: Readonly<Record<string, Uint8Array>>): Buffer {
  const all = Object.entries(attributes).map(([oid, value]) => der(0x30, derOid(oid), der(0x31, value)));
  return changeSigners(cms, ([signer = []]) => [[...signer.slice(0, 6), der(0xa1, ...all)]]);
}

function wholes(elements: readonly DerElement[]): Buffer[] {
  return elements.map(({ whole }) => whole);
}
