/** An attribute value as it stands in a request. */
export type Attribute = Readonly<Record<string, unknown>>;
export type Attributes = Readonly<Record<string, Attribute>>;

/** An attribute of a list or map costs a byte, and the list or map itself three. */
const NESTED_BYTES = 1;
const DOCUMENT_BYTES = 3;

/** The size of an item in bytes, as "DynamoDB item sizes and formats" of its developer guide counts it; numbers about. */
export function itemBytes(item: Attributes): number {
  return Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value), 0);
}

function valueBytes(attribute: Attribute): number {
  const [[type, value] = ['NULL', true]] = Object.entries(attribute);
  switch (type) {
    case 'S':
      return Buffer.byteLength(String(value));
    case 'N':
      return Math.ceil(String(value).replace(/[-.]/g, '').length / 2) + 1 + (String(value).startsWith('-') ? 1 : 0);
    case 'B':
      return Buffer.from(String(value), 'base64').length;
    case 'BOOL':
    case 'NULL':
      return 1;
    case 'L':
      return (value as readonly Attribute[]).reduce(
        (sum, each) => sum + valueBytes(each) + NESTED_BYTES,
        DOCUMENT_BYTES,
      );
    case 'M':
      return itemBytes(value as Attributes) + DOCUMENT_BYTES + NESTED_BYTES * Object.keys(value as Attributes).length;
    case 'SS':
      return (value as readonly string[]).reduce((sum, each) => sum + Buffer.byteLength(each), 0);
    default:
      throw new Error(`No item of Headlock has an attribute of type ${type}.`);
  }
}
