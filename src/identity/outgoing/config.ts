import { type Static, Type } from 'typebox';
import type { FieldIssue } from '#infra/apperr/app-error.ts';
import { filePath, strictObject } from '#infra/config/schema.ts';

/** The section `outgoing` of the configuration: to whom Identity may send requests by itself. */
export const outgoingConfigSchema = strictObject(
  {
    origins: Type.Array(Type.String({ pattern: '^https://[^/?#@\\s]+$', maxLength: 256 }), {
      uniqueItems: true,
      default: [],
      maxItems: 256,
      description:
        'https origins of clients to which Identity may send requests (back-channel log-out, `jwks_uri`) wherever they are, this machine and private networks included, such as https://localhost:8765',
    }),
    authorities: Type.Array(filePath(), {
      default: [],
      maxItems: 32,
      description: 'PEM files with root certificates by which these origins are verified, beside `server.tls.ca`',
    }),
    others: Type.Enum(['refuse', 'public'], {
      default: 'refuse',
      description:
        '`public`: Identity sends requests to every other https origin too, where all its addresses are of the internet and an authority that browsers trust vouches for it; `refuse`: to none',
    }),
  },
  { default: {} },
);

export type OutgoingConfig = Static<typeof outgoingConfigSchema>;

/** Issues that no JSON Schema can find: an origin in another form than the one in which it is compared. */
export const outgoingIssues = ({ origins }: OutgoingConfig): readonly FieldIssue[] =>
  origins.flatMap((origin, index) => {
    const canonical = URL.canParse(origin) ? new URL(origin).origin : undefined;
    if (canonical === origin) return [];
    const fix = canonical === undefined ? {} : { fix: `Write ${canonical}.` };
    return [{ field: `/outgoing/origins/${index}`, message: 'is no origin in its one form: lower case, and no default port', ...fix }];
  });
