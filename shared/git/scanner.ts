import { Buffer } from 'node:buffer';
import { SCANNER_MODULE } from './scanner-module.ts';
import { collidesByAny } from './sha1/recompress.ts';

/** What assembly/scanner does, in memory that all share: what a call leaves there is gone with the next one. */
export interface Scanner {
  readonly memory: Buffer;
  /** The same memory. */
  readonly words: Int32Array;
  /** Reads entries of a pack from the first `length` bytes of the input; `scan-entries.ts` says how. @returns how many */
  scanEntries(length: number, hashed: number, idBytes: number): number;
  startSha1(): void;
  /** Takes whole blocks. @returns whether one of them is one of a colliding pair: 1 or 0 */
  hashBlocks(from: number, end: number): number;
}

/** Where things lie, in bytes, as assembly/scanner/memory.ts says. */
export const INPUT = 0x1_0000;
export const INPUT_BYTES = 0x2_0000;
export const RECORDS = 0x4_0000;
export const RECORD_BYTES = 64;
export const CHAINING = 0x1180;
const BEFORE = 0x11a0;
const WORDS = 0x1000;

let started: Scanner | null = null;

export function openScanner(): Scanner {
  started ??= startScanner();
  return started;
}

/** What of WebAssembly's interface is used here; its types come with a browser's alone. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Exports };
};

interface Exports extends Pick<Scanner, 'scanEntries' | 'startSha1' | 'hashBlocks'> {
  readonly memory: { readonly buffer: ArrayBuffer };
}

function startScanner(): Scanner {
  const module = new WebAssembly.Module(Buffer.from(SCANNER_MODULE, 'base64'));
  const collides = (remaining: number): boolean => collidesByAny(remaining, before, chaining, expanded);
  const { exports } = new WebAssembly.Instance(module, { host: { collides } });
  const { memory, scanEntries, startSha1, hashBlocks } = exports;
  const before = new Int32Array(memory.buffer, BEFORE, 5);
  const chaining = new Int32Array(memory.buffer, CHAINING, 5);
  const expanded = new Int32Array(memory.buffer, WORDS, 80);
  const words = new Int32Array(memory.buffer);
  return { memory: Buffer.from(memory.buffer), words, scanEntries, startSha1, hashBlocks };
}
