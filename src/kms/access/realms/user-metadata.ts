import { Type } from 'typebox';
import { type FieldIssue, InternalError } from '#infra/apperr/app-error.ts';
import { readJsonSchema } from '#infra/config/json-schema.ts';

/** Facts of an operator about a user, which the KMS keeps and shows, and decides nothing by. */
export type UserMetadata = Readonly<Record<string, unknown>>;

/** Bytes of its JSON. */
export const MAX_METADATA_BYTES = 4_096;

export const metadataSchema = Type.Object(
  {},
  {
    additionalProperties: true,
    description: `facts of your own about the user, at most ${MAX_METADATA_BYTES} bytes as JSON; the KMS keeps and shows them, and decides nothing by them`,
  },
);

/** What is wrong with the metadata of a user, each with a JSON Pointer into it; none where it may be kept. */
export type CheckMetadata = (metadata: UserMetadata) => readonly FieldIssue[];

/**
 * @param schema a JSON Schema for them; none: every object that is not too long will do
 * @returns the reason where it is no schema
 */
export const metadataCheckOf = (schema: object | undefined): CheckMetadata | { readonly wrong: string } => {
  const read = schema === undefined ? undefined : readJsonSchema(schema);
  if (read !== undefined && 'wrong' in read) return read;
  return (metadata) => {
    if (Buffer.byteLength(JSON.stringify(metadata)) <= MAX_METADATA_BYTES) return read?.issues(metadata) ?? [];
    return [{ field: '', message: `is longer than ${MAX_METADATA_BYTES} bytes as JSON`, fix: 'Keep less of it here.' }];
  };
};

/** The same for a schema that was read before. @throws InternalError where it is no schema */
export const metadataCheck = (schema: object | undefined): CheckMetadata => {
  const check = metadataCheckOf(schema);
  if ('wrong' in check) throw new InternalError(`the schema of metadata was taken, and is none: ${check.wrong}`);
  return check;
};
