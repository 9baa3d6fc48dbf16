import { describe, expect, it } from 'vitest';
import {
  DerReader,
  readDer,
  readElements,
  readOnlyElement,
  TAG,
} from '../../../../shared/signatures/x509/der-element.ts';
import {
  readBits,
  readBoolean,
  readOid,
  readSmallInteger,
  readTime,
  readWholeBytes,
} from '../../../../shared/signatures/x509/der-values.ts';
import { der, derOid } from '../../../support/cms-writer.ts';

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const read = (hex: string) => readDer(bytes(hex));

describe('DER (X.690) is read strictly', () => {
  it('an element with its children, each a view of the bytes', () => {
    const whole = der(TAG.sequence, der(TAG.integer, bytes('05')), der(TAG.octetString, Buffer.alloc(300)));
    const element = readDer(whole);
    expect(element.content.buffer).toBe(whole.buffer);
    expect(readElements(element).map(({ tag, content }) => [tag, content.length])).toEqual([
      [TAG.integer, 1],
      [TAG.octetString, 300],
    ]);
  });

  it.each([
    ['nothing', ''],
    ['a tag alone', '30'],
    ['less than its length', '04 03 0102'],
    ['more than its length', '04 01 01 02'],
    ['an indefinite length', '30 80 0000'],
    ['a long form of a short length', '04 81 01 00'],
    ['a length with a leading zero', `04 82 00 80 ${'00'.repeat(128)}`],
    ['a length of five bytes', '04 85 0000000001 00'],
    ['a length that is cut off', '04 82 01'],
    ['a tag number above 30', '1f 81 01 00'],
    ['a child that is cut off', '30 03 04 05 00'],
  ])('refuses %s', (_, hex) => {
    expect(() => readElements(read(hex))).toThrow(/its DER|data follows/);
  });

  it('structures in their order and with nothing left', () => {
    const element = read('30 06 020101 020102');
    const reader = new DerReader(element);
    expect(reader.takeIf(TAG.oid)).toBeNull();
    expect(readSmallInteger(reader.take(TAG.integer))).toBe(1);
    expect(() => reader.end()).toThrow('belongs nowhere');
    expect(() => reader.take(TAG.oid)).toThrow('lacks an element');
    expect(reader.takeAny().tag).toBe(TAG.integer);
    expect(() => reader.takeAny()).toThrow('lacks an element');
    reader.end();
    expect(() => new DerReader(element, TAG.set)).toThrow('another structure');
  });

  it('structures of which all is DER, read or not', () => {
    expect(() => new DerReader(read('30 05 020101 0401'))).toThrow('ends too early');
    expect(() => new DerReader(read('30 05 020101 0480'))).toThrow('indefinite length');
  });

  it('one element where one belongs', () => {
    expect(readOnlyElement(read('30 03 020101')).content).toEqual(bytes('01'));
    for (const hex of ['30 00', '30 06 020101 020102', '30 05 020101 0401']) {
      expect(() => readOnlyElement(read(hex))).toThrow('its DER');
    }
  });
});

describe('values', () => {
  it.each([
    ['02 01 00', 0],
    ['02 01 7f', 127],
    ['02 02 0080', 128],
  ])('%s is a number', (hex, number) => {
    expect(readSmallInteger(read(hex))).toBe(number);
  });

  it.each(['02 00', '02 01 ff', '02 02 007f', '02 05 0100000000', '0a 01 01'])('%s is no small number', (hex) => {
    expect(() => readSmallInteger(read(hex))).toThrow('a number out of range');
  });

  it.each([
    '1.2.840.113549.1.7.2',
    '2.16.840.1.101.3.4.2.1',
    '2.5.29.15',
    '0.9.2342',
    '1.3.6.1.4.1.57264.3.1',
  ])('the object identifier %s', (oid) => {
    // Read, and then known.
    for (const _ of [1, 2]) expect(readOid(readDer(derOid(oid)))).toBe(oid);
  });

  it('object identifiers of one hash are told apart', () => {
    for (const oid of ['1.2.64', '1.3.33', '1.2.64']) expect(readOid(readDer(derOid(oid)))).toBe(oid);
  });

  it.each([
    '06 00',
    '06 02 5580',
    '06 03 558001',
    '04 01 00',
    `06 09 55${'ff'.repeat(7)}7f`,
  ])('%s is no object identifier', (hex) => {
    expect(() => readOid(read(hex))).toThrow('object identifier');
  });

  it('truth values, in the one encoding of each', () => {
    expect([readBoolean(read('01 01 ff')), readBoolean(read('01 01 00'))]).toEqual([true, false]);
    for (const hex of ['01 01 01', '01 00', '02 01 00']) expect(() => readBoolean(read(hex))).toThrow('truth value');
  });

  it('bit strings, of whole bytes and of named bits', () => {
    expect(readWholeBytes(read('03 03 00 abcd'))).toEqual(bytes('abcd'));
    for (const hex of ['03 02 01 80', '03 00', '04 01 00'])
      expect(() => readWholeBytes(read(hex))).toThrow('bit string');
    expect([...readBits(read('03 02 05 a0'))]).toEqual([0, 2]);
    expect([...readBits(read('03 01 00'))]).toEqual([]);
    for (const hex of ['03 01 01', '03 02 08 00', '03 00', '03 06 00 0000000000', '04 01 00']) {
      expect(() => readBits(read(hex))).toThrow('bit string');
    }
  });

  const time = (tag: number, text: string) => readTime(readDer(der(tag, Buffer.from(text))));
  it.each<[number, string, string]>([
    [TAG.utcTime, '491231235959Z', '2049-12-31T23:59:59Z'],
    [TAG.utcTime, '500101000000Z', '1950-01-01T00:00:00Z'],
    [TAG.generalizedTime, '20240229120000Z', '2024-02-29T12:00:00Z'],
    [TAG.generalizedTime, '20260101000000.25Z', '2026-01-01T00:00:00Z'],
  ])('%i %s', (tag, text, expected) => {
    expect(time(tag, text)).toBe(Date.parse(expected) / 1000);
  });

  it.each<[number, string]>([
    [TAG.utcTime, '260230000000Z'],
    [TAG.utcTime, '2601010000Z'],
    [TAG.utcTime, '260101000000+0000'],
    [TAG.utcTime, '260101240000Z'],
    [TAG.utcTime, '261301000000Z'],
    [TAG.generalizedTime, '20260101000060Z'],
    [TAG.generalizedTime, '20260101000000.0Z'],
    [TAG.generalizedTime, '19490101000000Z'],
    [TAG.octetString, '20260101000000Z'],
  ])('refuses %i %s', (tag, text) => {
    expect(() => time(tag, text)).toThrow(/malformed time|does not exist/);
  });
});
