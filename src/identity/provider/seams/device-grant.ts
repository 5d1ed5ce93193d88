import type { Grant, Provider } from 'oidc-provider';
import type { CurrentRequest } from './current-request.ts';
import { replaceMethod } from './replace-method.ts';

type Consume = (this: { readonly grantId?: string }) => Promise<void>;
type Find = (this: object, id: string, options?: object) => Promise<Grant | undefined>;

/**
 * Reads the grant of a device code before the code is used up, as the grant of authorization codes is read.
 *
 * Why: oidc-provider reads it afterwards. Of twenty uses at once one is the first, and the next one ends the grant: the first would find
 * none, and nobody would have succeeded.
 * Bends: `DeviceCode.prototype.consume`, and `Grant.find` of the same request after it; read in oidc-provider 9.13.3
 * (lib/actions/grants/device_code.js, lib/helpers/grant_source.js).
 * Held by: test/identity/provider/device/device-code.test.ts
 */
export const readDeviceGrantFirst = (provider: Provider, current: CurrentRequest): void => {
  const before = new WeakMap<object, { readonly id: string; readonly grant: Grant | undefined }>();
  replaceMethod<Consume>(
    provider.DeviceCode.prototype,
    'consume',
    (consume) =>
      async function (this: { readonly grantId?: string }) {
        const ctx = current.get();
        if (ctx !== undefined && this.grantId !== undefined) {
          const grant = await provider.Grant.find(this.grantId, { ignoreExpiration: true });
          await consume.call(this);
          before.set(ctx, { id: this.grantId, grant });
          return;
        }
        await consume.call(this);
      },
  );
  replaceMethod<Find>(
    provider.Grant,
    'find',
    (find) =>
      async function (this: object, id: string, options?: object) {
        const ctx = current.get();
        const read = ctx && before.get(ctx);
        return read?.id === id ? read.grant : find.call(this, id, options);
      },
  );
};
