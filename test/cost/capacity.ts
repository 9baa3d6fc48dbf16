import { type Attributes, itemBytes } from './item-size.ts';

export interface Units {
  readonly read: number;
  readonly write: number;
}

const READ_BYTES = 4096;
const WRITE_BYTES = 1024;

interface Output {
  readonly Item?: Attributes;
  readonly Items?: readonly Attributes[];
  readonly Responses?: Readonly<Record<string, readonly Attributes[]>>;
}
interface Request {
  readonly ConsistentRead?: boolean;
  readonly Item?: Attributes;
  readonly Key?: Attributes;
  readonly RequestItems?: Readonly<Record<string, unknown>>;
}
type Writes = readonly { readonly PutRequest?: { readonly Item: Attributes }; readonly DeleteRequest?: object }[];

/**
 * The capacity units that on-demand tables bill ("DynamoDB read and write operations" of its developer guide): a read of up to
 * 4 kB costs one, or half where it is eventually consistent; a write of up to 1 kB costs one, by the larger of the old and new
 * item, and as much where its condition fails. What is not there costs as much as the smallest item.
 * @param sizes - of items that were written before, by their keys; kept up to date
 */
export function unitsOf(operation: string, input: unknown, output: unknown, sizes: Map<string, number>): Units {
  const { ConsistentRead, Item, Key, RequestItems } = input as Request;
  const { Item: found, Items = [], Responses } = (output ?? {}) as Output;
  const read = (bytes: number, isConsistent = ConsistentRead === true) =>
    Math.max(1, Math.ceil(bytes / READ_BYTES)) * (isConsistent ? 1 : 0.5);
  const write = (item: Attributes) => {
    const [key, bytes] = [keyOf(item), itemBytes(item)];
    const larger = Math.max(bytes, sizes.get(key) ?? 0);
    sizes.set(key, bytes);
    return Math.max(1, Math.ceil(larger / WRITE_BYTES));
  };
  const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
  switch (operation) {
    case 'GetItem':
      return { read: read(found === undefined ? 0 : itemBytes(found)), write: 0 };
    case 'Query':
      return { read: read(sum(Items.map(itemBytes))), write: 0 };
    case 'BatchGetItem': {
      const asked = Object.values(RequestItems ?? {}) as readonly {
        Keys: readonly Attributes[];
        ConsistentRead?: boolean;
      }[];
      const [{ Keys = [], ConsistentRead: isConsistent = false } = {}] = asked;
      const items = Object.values(Responses ?? {}).flat();
      const missing = Keys.length - items.length;
      return {
        read: sum(items.map((item) => read(itemBytes(item), isConsistent))) + missing * read(0, isConsistent),
        write: 0,
      };
    }
    case 'PutItem':
      return { read: 0, write: write(Item ?? {}) };
    case 'DeleteItem':
      return { read: 0, write: Math.max(1, Math.ceil((sizes.get(keyOf(Key ?? {})) ?? 0) / WRITE_BYTES)) };
    case 'BatchWriteItem': {
      const writes = Object.values((RequestItems ?? {}) as Readonly<Record<string, Writes>>).flat();
      return {
        read: 0,
        write: sum(writes.map(({ PutRequest }) => (PutRequest === undefined ? 1 : write(PutRequest.Item)))),
      };
    }
    default:
      throw new Error(`What ${operation} costs is not known here.`);
  }
}

function keyOf({ pk, sk }: Attributes): string {
  return JSON.stringify([pk, sk]);
}
