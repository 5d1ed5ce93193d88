import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { AppError } from '#infra/apperr/app-error.ts';
import { strictObject } from '#infra/config/schema.ts';
import type { InteractionDetails, Interactions } from '#identity/provider/interactions/interactions.ts';

export const interactionParams = strictObject({ uid: Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' }) });

/**
 * The interaction of this browser, which its cookie names and not the path.
 *
 * @throws AppError `interaction-not-found` (404), also when the path or the page is another one's
 */
export const interactionAt = async (
  interactions: Interactions,
  request: FastifyRequest,
  reply: FastifyReply,
  prompt: InteractionDetails['prompt'],
): Promise<InteractionDetails> => {
  const details = await interactions.details(request.raw, reply.raw);
  const { uid } = request.params as { readonly uid: string };
  if (details.uid === uid && details.prompt === prompt) return details;
  throw new AppError('interaction-not-found', 404, 'This page does not belong to the log-in of this browser.', {
    fix: 'Go back to the application and start again.',
  });
};

/** The addresses that the answer to a form may lead the browser to. */
export const returnTargets = ({ params }: InteractionDetails): string[] =>
  typeof params.redirect_uri === 'string' ? [params.redirect_uri] : [];

/** Lets the provider write the answer, with the security headers that every answer has. */
export const finish = async (reply: FastifyReply, write: () => Promise<void>): Promise<FastifyReply> => {
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) reply.raw.setHeader(name, value);
  await write();
  return reply.hijack();
};
