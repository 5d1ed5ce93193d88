import { basename } from 'node:path';
import { Type } from 'typebox';
import type { FieldIssue } from '#infra/apperr/app-error.ts';
import { configInvalid } from '#infra/config/load-config.ts';
import { DEMO_NAME } from './demo-tenants.ts';

/** Pieces of every `demo-seed.yml`, and what its schema cannot say. */

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

/** @throws AppError `config-invalid` 400 that names every issue with its file, when there is any */
export const refuseContradictions = (file: string, what: string, issues: readonly FieldIssue[]): void => {
  if (issues.length === 0) return;
  const fields = issues.map((issue) => ({ ...issue, field: `${basename(file)}#${issue.field}` }));
  throw configInvalid(what, fields);
};
