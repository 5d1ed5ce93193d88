import type { FastifyContextConfig } from 'fastify';

interface Described {
  readonly schema: Readonly<Record<string, unknown>>;
  readonly url: string;
  readonly route: { readonly config?: FastifyContextConfig };
}

/** The scope of the route in its description: as `x-scope` for programs, and as a sentence for people. */
export const withRequiredScope = ({ schema, url, route }: Described) => {
  const { action, scope = action?.scope } = route.config ?? {};
  if (scope === undefined || schema === undefined) return { schema, url };
  return { schema: { ...schema, description: `${String(schema['description'])} Needs the scope \`${scope}\`.`, 'x-scope': scope }, url };
};
