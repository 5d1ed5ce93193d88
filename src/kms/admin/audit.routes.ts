import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import { UUID_V7 } from '#infra/magic/uuid.ts';
import type { AuditLog } from '#kms/audit/audit-log.ts';

const line = Type.String({ description: 'canonical JSON (RFC 8785), signed; docs/audit.md has its format' });

const headSchema = strictObject({
  line: Type.Union([line, Type.Null()], { description: 'how far the chain of this process has come; null before its first record' }),
  public_key: strictObject({ kty: Type.Literal('OKP'), crv: Type.Literal('Ed25519'), x: Type.String() }),
});

const exportSchema = strictObject({
  line,
  chains: Type.Array(strictObject({ chain: Type.String(), parts: Type.Integer({ description: 'to be read up to here' }) })),
});

const linesSchema = strictObject({ lines: Type.Array(Type.String()), next: Type.Union([Type.Integer(), Type.Null()]) });

const partNumber = (description: string) => Type.String({ description, pattern: '^(0|[1-9][0-9]{0,9})$' });

/** The audit for operators: the head to keep elsewhere, and everything for an export. */
export const registerAuditAdminRoutes = (admin: App, audit: Pick<AuditLog, 'head' | 'export'>): void => {
  const tags = ['audit'];
  admin.get(
    '/admin/v1/audit/head',
    { schema: { summary: 'The signed head, and the key that signs it', tags, response: { 200: headSchema } } },
    async () => {
      const head = await audit.head();
      return { line: head.line, public_key: head.publicKey };
    },
  );
  admin.get(
    '/admin/v1/audit/export',
    { schema: { summary: 'The first line of an export, and the chains that follow it', tags, response: { 200: exportSchema } } },
    async () => {
      const { line: first, chains } = await audit.export.begin();
      return { line: first, chains: [...chains] };
    },
  );
  admin.get(
    '/admin/v1/audit/chains/:chain',
    {
      schema: {
        summary: 'A page of the lines of a chain',
        tags,
        params: strictObject({ chain: Type.String({ pattern: UUID_V7 }) }),
        querystring: strictObject({ from: partNumber('the first part, from 0'), to: partNumber('the part after the last one') }),
        response: { 200: linesSchema },
      },
    },
    async (request) => {
      const { from, to } = request.query;
      const page = await audit.export.lines(request.params.chain, { from: Number(from), to: Number(to) });
      return { lines: [...page.lines], next: page.next };
    },
  );
};
