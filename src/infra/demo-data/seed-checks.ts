import { type Static, type TSchema, Type } from 'typebox';
import type { FieldIssue } from '#infra/apperr/app-error.ts';
import { loadConfig } from '#infra/config/load-config.ts';
import { DEMO_NAME } from './demo-tenants.ts';

/** The parts that every `demo-seed.yml` has. */

export const demoNameSchema = Type.String({ pattern: DEMO_NAME, description: 'lower-case letters, digits and hyphens' });

/** A password or client secret in a seed; never plaintext. */
export const seedHashSchema = Type.String({
  pattern: '^\\$pbkdf2-sha256\\$i=[1-9][0-9]{0,7}\\$[A-Za-z0-9+/]+\\$[A-Za-z0-9+/]+$',
  description: '$pbkdf2-sha256$i=<iterations>$<salt>$<hash>',
});

/** An issue for every entry of a tenant that the seed does not have; an entry may belong to none. */
export const strangers = (
  tenants: readonly string[],
  entries: readonly { readonly tenant?: string | undefined }[],
  field: (index: number) => string,
): FieldIssue[] =>
  entries.flatMap(({ tenant }, index) =>
    tenant === undefined || tenants.includes(tenant)
      ? []
      : [{ field: field(index), message: `names the tenant ${tenant}, which is not in /tenants` }],
  );

/**
 * Reads a `demo-seed.yml`.
 *
 * @param options.contradictions says what is wrong beyond the schema
 * @throws AppError `config-unreadable`, or `config-invalid` 400 that names every wrong field with its file
 */
export const loadSeedFile = async <S extends TSchema>(options: {
  readonly file: string;
  readonly what: string;
  readonly schema: S;
  readonly contradictions: (seed: Static<S>) => readonly FieldIssue[];
}): Promise<Static<S>> => {
  const { file, what, schema, contradictions } = options;
  return loadConfig({ schema, files: [file], what, contradictions });
};
