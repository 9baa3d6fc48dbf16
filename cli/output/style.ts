import { styleText } from 'node:util';

const FORMATS = ['bold', 'dim', 'red', 'green', 'yellow', 'cyan'] as const;
type Format = (typeof FORMATS)[number];

export type Paint = (text: string) => string;

/** Text for people's eyes: with colour on a terminal, as it is elsewhere. */
export type Style = Readonly<Record<Format, Paint>>;

export function createStyle(hasColour: boolean): Style {
  const paint = (format: Format): Paint =>
    hasColour ? (text) => styleText(format, text, { validateStream: false }) : (text) => text;
  return Object.fromEntries(FORMATS.map((format) => [format, paint(format)])) as Record<Format, Paint>;
}
