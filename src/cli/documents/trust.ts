import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { TRUST_STORES } from '#infra/magic/magic.ts';
import { document, nullable } from './document.ts';

/** One place that holds roots, and how it stands with ours there. */
export const trustOutcome = strictObject({
  store: Type.Enum([...TRUST_STORES]),
  path: Type.String({ description: 'Folder of the system, or of one database of NSS' }),
  readers: Type.String({ description: 'The programs that look there' }),
  state: Type.Enum(['trusted', 'added', 'removed', 'absent', 'blocked', 'failed'], {
    description:
      'trusted: it was there; added, removed: done now, and verified; absent: not there; blocked: this program cannot change the place as it runs; failed: it tried',
  }),
  fingerprint_sha256: Type.String(),
  why: Type.String({ description: 'Why it is blocked or failed; empty else' }),
  fix: Type.String(),
});

/** `passthru trust --output json` */
export const trustSchema = document('trust', 'passthru trust', {
  ca_file: Type.String(),
  fingerprint_sha256: Type.String({ description: '64 hexadecimal digits' }),
  not_after: Type.String({ description: 'ISO 8601' }),
  permitted: nullable(
    Type.Array(Type.String(), { description: 'DNS names and ranges of addresses that the CA can vouch for; null: every name' }),
  ),
  stores: Type.Array(trustOutcome),
  programs: Type.Array(
    strictObject({
      program: Type.String(),
      commands: Type.Array(Type.String(), { description: 'Shell commands' }),
      note: Type.String(),
    }),
    { description: 'Programs that can be told by themselves' },
  ),
});

export type TrustDocument = Static<typeof trustSchema>;
