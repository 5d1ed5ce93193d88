import { type TObject, type TProperties, type TSchema, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { problemSchema } from '#infra/http/problem-schema.ts';

/** Items of one batch: with up to eight members each they stay below the thousand members and elements that a body may have. */
export const MAX_ITEMS = 100;
/** Characters of a reference. */
export const MAX_REFERENCE = 128;

const reference = Type.Optional(
  Type.String({ description: 'Of the caller, to tell items apart; the answer has it again.', maxLength: MAX_REFERENCE }),
);

/**
 * The body of a batch: items that are the bodies of the operation, each with a reference where the caller wants one.
 *
 * @param title of an item, for generated clients
 */
export const batchBody = (body: TObject, title: string): TObject => {
  const { examples } = body as { readonly examples?: readonly object[] };
  const items = Type.Array(strictObject({ reference, ...body.properties }, { title }), { minItems: 1, maxItems: MAX_ITEMS });
  const example = examples && { examples: [{ items: examples.map((each, index) => ({ reference: `${index + 1}`, ...each })) }] };
  return strictObject({ items }, example);
};

/** A member that branches of a union have in common; true in the one and false in the other is a truth value. */
const either = ([first = Type.Unknown(), ...others]: readonly TSchema[]): TSchema => {
  if (others.length === 0) return first;
  const all = [first, ...others];
  return all.every((schema) => Type.IsLiteral(schema) && typeof schema.const === 'boolean') ? Type.Boolean() : Type.Union(all);
};

/** The members of an object, or of all objects of a union. */
const membersOf = (schema: TSchema): TProperties => {
  if (!Type.IsUnion(schema)) return (schema as TObject).properties;
  const members: Record<string, TSchema[]> = {};
  for (const branch of schema.anyOf)
    for (const [name, member] of Object.entries(membersOf(branch))) members[name] = [...(members[name] ?? []), member];
  return Object.fromEntries(Object.entries(members).map(([name, all]) => [name, either(all)]));
};

/**
 * The answer of a batch: in the order of the items, of each what the operation alone would have answered.
 *
 * @param title of what came of an item
 */
export const batchAnswer = (answer: TSchema, title: string): TObject =>
  Type.Object({
    items: Type.Array(
      Type.Object(
        {
          reference,
          status: Type.Integer({ description: 'As the operation alone would have answered: 200, or that of the problem.' }),
          ...Object.fromEntries(Object.entries(membersOf(answer)).map(([name, member]) => [name, Type.Optional(member)])),
          problem: Type.Optional(problemSchema),
        },
        { title },
      ),
      { description: 'In the order of the items; each has the members of the answer, or `problem`.' },
    ),
  });
