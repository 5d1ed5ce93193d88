import type { Provider } from 'oidc-provider';
import { replaceMethod } from './replace-method.ts';

/**
 * Does something each time that oidc-provider takes up a client, a token or a grant for a request: by `OIDCContext.prototype.entity`, after
 * which it goes on with the request. A throw refuses the request, as one of oidc-provider itself would.
 *
 * @param then gets the context of the request (`ctx.oidc`), the name of the entity, such as `Client`, and the entity
 */
export const onEntity = <Context>(provider: Provider, then: (context: Context, name: string, entity: unknown) => void): void => {
  replaceMethod<(this: Context, name: string, entity: unknown) => void>(
    provider.OIDCContext.prototype,
    'entity',
    (before) =>
      function (this: Context, name: string, entity: unknown) {
        before.call(this, name, entity);
        then(this, name, entity);
      },
  );
};
