import { Type } from 'typebox';

/** @see RFC 9457 */
export const problemSchema = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String({ description: 'Stable; programs decide on this.' }),
    fix: Type.Optional(Type.String()),
    errors: Type.Optional(
      Type.Array(
        Type.Object(
          {
            field: Type.String({ description: 'JSON Pointer into the body, or `query/name`, `path/name`, `header/name`.' }),
            message: Type.String(),
            fix: Type.Optional(Type.String()),
          },
          { title: 'FieldIssue' },
        ),
        { description: 'The fields that are to blame.' },
      ),
    ),
  },
  { title: 'Problem', description: 'Problem Details (RFC 9457).' },
);
