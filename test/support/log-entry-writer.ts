/** A `TransparencyLogEntry` as bundles of Sigstore have it in JSON. */
export interface LogEntry {
  readonly logIndex: string;
  readonly logId: { readonly keyId: string };
  readonly kindVersion: { readonly kind: string; readonly version: string };
  /** Version 2 of Rekor has none. */
  readonly integratedTime?: string;
  readonly inclusionPromise?: { readonly signedEntryTimestamp: string };
  readonly inclusionProof?: {
    readonly logIndex: string;
    readonly rootHash: string;
    readonly treeSize: string;
    readonly hashes: readonly string[];
    readonly checkpoint?: { readonly envelope: string };
  };
}

/** In Protocol Buffers and without its body, as gitsign embeds it. */
export function writeLogEntry(entry: LogEntry): Buffer {
  const { inclusionPromise: promise, inclusionProof: proof, kindVersion } = entry;
  return Buffer.concat([
    integer(1, entry.logIndex),
    bytes(2, bytes(1, base64(entry.logId.keyId))),
    bytes(3, bytes(1, Buffer.from(kindVersion.kind)), bytes(2, Buffer.from(kindVersion.version))),
    integer(4, entry.integratedTime),
    ...(promise === undefined ? [] : [bytes(5, bytes(1, base64(promise.signedEntryTimestamp)))]),
    ...(proof === undefined
      ? []
      : [
          bytes(
            6,
            integer(1, proof.logIndex),
            bytes(2, base64(proof.rootHash)),
            integer(3, proof.treeSize),
            ...proof.hashes.map((one) => bytes(4, base64(one))),
            ...(proof.checkpoint === undefined ? [] : [bytes(5, bytes(1, Buffer.from(proof.checkpoint.envelope)))]),
          ),
        ]),
  ]);
}

function integer(field: number, value = '0'): Buffer {
  return Buffer.from([field << 3, ...varint(BigInt.asUintN(64, BigInt(value)))]);
}

function bytes(field: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([(field << 3) | 2, ...varint(BigInt(content.length))]), content]);
}

function varint(value: bigint): number[] {
  return value < 128n ? [Number(value)] : [Number(value & 127n) | 128, ...varint(value >> 7n)];
}

function base64(text: string): Buffer {
  return Buffer.from(text, 'base64');
}
