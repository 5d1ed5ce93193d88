import { InternalError } from '#infra/apperr/app-error.ts';

/**
 * Puts a method of ours in the place of one that oidc-provider calls. Where an upgrade renamed or sealed it, ours would stand beside it
 * and never be called, so that a server would start without the rule that ours is there for.
 *
 * @param make is given the method that was there
 * @throws InternalError when there is no such method, or it cannot be replaced
 */
export const replaceMethod = <M extends (this: never, ...given: never[]) => unknown>(
  prototype: object,
  name: string,
  make: (before: M) => M,
): void => {
  const owner = `oidc-provider's ${prototype.constructor.name}.prototype`;
  const before: unknown = Reflect.get(prototype, name);
  if (typeof before !== 'function')
    throw new InternalError(`${owner} has no method ${name}; read again what the seam that replaces it names`);
  const value = make(before as M);
  if (!Reflect.defineProperty(prototype, name, { value, configurable: true }) || Reflect.get(prototype, name) !== value) {
    throw new InternalError(`${owner} lets nobody replace its method ${name}`);
  }
};
