import { z } from 'zod';
import { FIELD_NOTES, LINES, SECRET_REF } from './policy-field-notes.ts';
import { policyFileSchema } from './policy-schema.ts';

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** What editors check a `headlock.yaml` by: JSON Schema, draft 2020-12. What only Headlock can check is left to it. */
export function createPolicyJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(policyFileSchema, { io: 'input', target: 'draft-2020-12' });
  return { $id: 'urn:headlock:schema:policy:v1', title: 'headlock.yaml', ...describeFields(schema, '') };
}

/** @param path - of the field whose schema it is */
function describeFields(schema: JsonSchema, path: string): JsonSchema {
  const { properties, items, anyOf } = schema;
  return {
    ...schema,
    ...(properties && { properties: describeProperties(properties, path) }),
    ...(isSchema(items) && { items: describeFields(items, path) }),
    ...(anyOf && { anyOf: anyOf.map((form) => (isSchema(form) ? describeFields(form, path) : form)) }),
  };
}

function describeProperties(
  properties: NonNullable<JsonSchema['properties']>,
  path: string,
): Record<string, JsonSchema> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, field]) => {
      const at = path === '' ? name : `${path}.${name}`;
      return [name, describeField(isSchema(field) ? describeFields(field, at) : {}, at)];
    }),
  );
}

function describeField(schema: JsonSchema, path: string): JsonSchema {
  const note = path.endsWith('.secretRef') ? SECRET_REF : FIELD_NOTES[path];
  // The schema is that of the value which a line, or a list of lines, is read as.
  if (note?.anyOf !== undefined) return { ...note };
  if (path.endsWith('.signatories.ssh')) return { ...note, anyOf: [...LINES, schema] };
  return { ...schema, ...note };
}

function isSchema(schema: unknown): schema is JsonSchema {
  return typeof schema === 'object' && schema !== null && !Array.isArray(schema);
}
