import type { FastifyReply, FastifyRequest } from 'fastify';
import { pageHeaders } from '#infra/html/content-policy.ts';
import { renderHtml } from '#infra/html/html.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import { errorPage } from '#identity/views/error-page.ts';

/** Answers a failed request with a page that says why, for people; what is told and what is logged is as for programs. */
export const pageOfError =
  (telemetry: Pick<Telemetry, 'traceId'>) =>
  (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    request.server.logFailure(request, error);
    const { status, headers, body } = request.server.problemOf(error);
    const { code, detail, fix } = body as { readonly code: string; readonly detail: string; readonly fix?: string };
    return reply
      .code(status)
      .headers({ ...headers, ...pageHeaders() })
      .send(renderHtml(errorPage({ code, message: detail, ...(fix === undefined ? {} : { fix }), traceId: telemetry.traceId() })));
  };
