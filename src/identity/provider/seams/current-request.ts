import { AsyncLocalStorage } from 'node:async_hooks';
import type { KoaContextWithOIDC } from 'oidc-provider';

/** The request that a model of oidc-provider works for. */
export interface CurrentRequest {
  run<T>(ctx: KoaContextWithOIDC, work: () => Promise<T>): Promise<T>;
  /** Undefined outside a request. */
  get(): KoaContextWithOIDC | undefined;
}

/**
 * Knows the request under way.
 *
 * Why: models of oidc-provider find and save themselves without being told for which request, and keep their own store of it to
 * themselves (lib/helpers/als.js).
 */
export const createCurrentRequest = (): CurrentRequest => {
  const requests = new AsyncLocalStorage<KoaContextWithOIDC>();
  return { run: (ctx, work) => requests.run(ctx, work), get: () => requests.getStore() };
};
