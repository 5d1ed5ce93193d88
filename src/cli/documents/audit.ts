import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { document, nullable } from './document.ts';

const key = strictObject({ kty: Type.Literal('OKP'), crv: Type.Literal('Ed25519'), x: Type.String() });

/** `passthru audit head --output json` */
export const auditHeadSchema = document('audit-head', 'passthru audit head', {
  line: nullable(Type.String({ description: 'the signed head; docs/audit.md has its format' })),
  public_key: key,
});

/** `passthru audit export --output json` */
export const auditExportSchema = document('audit-export', 'passthru audit export', {
  file: Type.String(),
  lines: Type.Integer(),
});

/** `passthru audit verify --output json` */
export const auditVerifySchema = document('audit-verify', 'passthru audit verify', {
  file: Type.String(),
  holds: Type.Boolean(),
  key: nullable(Type.String({ description: 'RFC 7638 thumbprint of the key that the signatures were checked with' })),
  key_is_kept: Type.Boolean({ description: 'false where the file itself names the key' }),
  chains: Type.Array(
    strictObject({
      chain: Type.String(),
      records: Type.Integer(),
      signed: nullable(Type.Integer({ description: 'the last record that a signed head covers' })),
      end: Type.Enum(['open', 'end', 'closed']),
    }),
  ),
  faults: Type.Array(
    strictObject({
      line: nullable(Type.Integer({ description: 'of the file, from 1' })),
      chain: nullable(Type.String()),
      record: nullable(Type.Integer({ description: 'from here on the chain proves nothing' })),
      what: Type.String(),
    }),
  ),
});

export type AuditHeadDocument = Static<typeof auditHeadSchema>;
export type AuditExportDocument = Static<typeof auditExportSchema>;
export type AuditVerifyDocument = Static<typeof auditVerifySchema>;
