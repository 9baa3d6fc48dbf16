/** What a template's intrinsic functions refer to. */
export interface References {
  ref(name: string): Promise<unknown>;
  attribute(logicalId: string, attribute: string): Promise<unknown>;
  importValue(exportName: string): Promise<unknown>;
}

/** `AWS::NoValue`: what refers to it is left out. */
export const NO_VALUE = Symbol('AWS::NoValue');

const INTRINSICS: Readonly<Record<string, (argument: unknown, references: References) => Promise<unknown>>> = {
  Ref: (name, references) => references.ref(String(name)),
  'Fn::GetAtt': readAttribute,
  'Fn::ImportValue': async (name, references) => references.importValue(String(await resolve(name, references))),
  'Fn::Join': async (argument, references) => {
    const [separator, parts] = (await resolve(argument, references)) as [string, readonly unknown[]];
    return parts.join(separator);
  },
  'Fn::Sub': substitute,
};

/** Resolves CloudFormation's intrinsic functions in a value, one reference after the other. @throws Error for one that is not known here. */
export async function resolve(value: unknown, references: References): Promise<unknown> {
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [name, argument] = entries[0] ?? [''];
  if (entries.length === 1 && (name === 'Ref' || name.startsWith('Fn::'))) {
    const intrinsic = INTRINSICS[name];
    if (intrinsic === undefined) throw new Error(`${name} is not known here.`);
    return intrinsic(argument, references);
  }
  const resolved: [string, unknown][] = [];
  for (const [key, item] of entries) {
    const result = await resolve(item, references);
    if (result !== NO_VALUE) resolved.push([key, result]);
  }
  return Array.isArray(value) ? resolved.map(([, item]) => item) : Object.fromEntries(resolved);
}

function readAttribute(argument: unknown, references: References): Promise<unknown> {
  const [logicalId = '', ...attribute] = Array.isArray(argument) ? argument.map(String) : String(argument).split('.');
  return references.attribute(logicalId, attribute.join('.'));
}

async function substitute(argument: unknown, references: References): Promise<string> {
  const [text, given] = Array.isArray(argument) ? argument : [argument, {}];
  const variables = (await resolve(given, references)) as Readonly<Record<string, unknown>>;
  const parts = String(text).split(/\$\{([^}]+)\}/);
  for (const [index, part] of parts.entries()) {
    if (index % 2 === 0) continue;
    if (part.startsWith('!')) parts[index] = `\${${part.slice(1)}}`;
    else if (Object.hasOwn(variables, part)) parts[index] = String(variables[part]);
    else parts[index] = String(await (part.includes('.') ? readAttribute(part, references) : references.ref(part)));
  }
  return parts.join('');
}
