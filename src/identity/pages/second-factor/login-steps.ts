import { randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '#infra/apperr/app-error.ts';
import type { OpenIdProvider } from '#identity/provider/openid-provider.ts';

/** Milliseconds that a password, once given, waits for the second factor. */
const LIFE_MS = 10 * 60_000;
const MODEL = 'LoginStep';
const COOKIE = '__Secure-passthru-step';

/** A log-in whose password was right, and which waits for its second factor. */
export interface LoginStep {
  readonly accountId: string;
  /** Seconds since the epoch, from before the password was looked at. */
  readonly at: number;
  /** Whether the password was given in an earlier log-in, whose session goes on. */
  readonly isStepUp: boolean;
  /** What the client asks of `acr`. */
  readonly askedAcr: readonly string[];
}

/**
 * Log-ins that wait for their second factor, in the database with all that the provider keeps: they end with the account's sessions when
 * it is disabled or its password changes. A browser knows its step by a cookie that is bound to the path of the log-in; the database has
 * the hash of that.
 */
export interface LoginSteps {
  /** @param path of the log-in page; the step is found below it alone */
  begin(reply: FastifyReply, path: string, step: LoginStep): Promise<void>;
  /** @throws AppError `log-in-expired` 403 */
  find(request: FastifyRequest, path: string): Promise<LoginStep>;
  /** Uses the step up. @throws AppError `log-in-expired` 403 for all but one of several at once */
  finish(request: FastifyRequest, path: string): Promise<void>;
}

export const logInExpired = (): AppError =>
  new AppError('log-in-expired', 403, 'This log-in waited too long for its second factor, or was finished.', {
    fix: 'Go back to the application and log in again.',
  });

/** The path is part of the id, so that the step of one log-in opens no other. */
const idOf = (request: FastifyRequest, path: string): string => `${path} ${request.cookies[COOKIE] ?? ''}`;

/** @param options.now epoch milliseconds */
export const createLoginSteps = (options: { readonly payloads: OpenIdProvider['payloads']; readonly now: () => number }): LoginSteps => {
  const { payloads, now } = options;
  return {
    begin: async (reply, path, { accountId, ...rest }) => {
      const value = randomBytes(32).toString('base64url');
      const expiresAt = now() + LIFE_MS;
      await payloads.save({ model: MODEL, id: `${path} ${value}`, payload: { ...rest, accountId, expiresAt }, accountId, expiresAt });
      reply.setCookie(COOKIE, value, { path, secure: true, httpOnly: true, sameSite: 'lax', maxAge: LIFE_MS / 1000 });
    },
    find: async (request, path) => {
      const found = await payloads.find(MODEL, idOf(request, path));
      if (found === undefined || found.consumedAt !== null) throw logInExpired();
      const step = found.payload as unknown as LoginStep & { readonly expiresAt: number };
      if (step.expiresAt <= now()) throw logInExpired();
      return step;
    },
    finish: async (request, path) => {
      if ((await payloads.consume(MODEL, idOf(request, path))) !== 'consumed') throw logInExpired();
    },
  };
};
