import type { XStatic } from 'typebox/schema';
import type { KMS_ROUTES, KmsSchemas } from './operations.gen.ts';

/** The types of a request and its answer, derived from the OpenAPI document of the KMS. */

/** An operation by its `operationId`, for example `encrypt`. */
export type KmsOperation = keyof KmsSchemas & keyof typeof KMS_ROUTES;

/** The body of an operation's success. Times are RFC 3339 in UTC, bytes are base64url without padding, JOSE objects are compact. */
export type KmsAnswer<O extends KmsOperation> = XStatic<KmsSchemas[O]['answer']>;

/** The JSON body of a request; a member with a default may be left out. */
export type KmsBody<O extends KmsOperation> = KmsSchemas[O] extends { body: infer Schema } ? XStatic<Schema> : never;

type ParametersOf<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}` ? Name | ParametersOf<Rest> : never;
type PathParameter<O extends KmsOperation> = ParametersOf<(typeof KMS_ROUTES)[O]['path']>;

type PathPart<O extends KmsOperation> = [PathParameter<O>] extends [never] ? unknown : { readonly path: Record<PathParameter<O>, string> };
type QueryPart<O extends KmsOperation> = KmsSchemas[O] extends { query: infer Schema } ? { readonly query?: XStatic<Schema> } : unknown;
type BodyPart<O extends KmsOperation> = KmsSchemas[O] extends { body: unknown } ? { readonly body: KmsBody<O> } : unknown;

/** The request of an operation: the members of its path, its query and its body, as far as it has them. */
export type KmsRequest<O extends KmsOperation> = PathPart<O> & QueryPart<O> & BodyPart<O>;

interface Page {
  items: unknown[];
  next_cursor: string | null;
}

/** An operation that answers with one page of a list. */
export type KmsList = { [O in KmsOperation]: KmsAnswer<O> extends Page ? O : never }[KmsOperation];

export type KmsListItem<O extends KmsList> = KmsAnswer<O> extends { items: (infer Item)[] } ? Item : never;

export type ElasticKey = KmsAnswer<'readElasticKey'>;
export type MaterialKey = KmsAnswer<'readMaterialKey'>;
