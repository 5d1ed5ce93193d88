import type { FastifyReply, FastifyRequest } from 'fastify';
import { pageHeaders } from '#infra/html/content-policy.ts';
import { renderHtml } from '#infra/html/html.ts';
import type { Problem } from '#infra/http/problem.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import { errorPage } from '#identity/views/error-page.ts';

type TraceId = Pick<Telemetry, 'traceId'>;

/** The page that tells a person what a program reads in Problem Details. */
export const pageOfProblem = ({ body }: Problem, telemetry: TraceId): string => {
  const { code, detail, fix } = body as { readonly code: string; readonly detail: string; readonly fix?: string };
  return renderHtml(errorPage({ code, message: detail, ...(fix === undefined ? {} : { fix }), traceId: telemetry.traceId() }));
};

/** Answers a failed request with a page that says why, for people; what is told and what is logged is as for programs. */
export const pageOfError =
  (telemetry: TraceId) =>
  (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    request.server.logFailure(request, error);
    const problem = request.server.problemOf(error);
    return reply
      .code(problem.status)
      .headers({ ...problem.headers, ...pageHeaders() })
      .send(pageOfProblem(problem, telemetry));
  };
