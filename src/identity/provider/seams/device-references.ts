import type { Provider } from 'oidc-provider';
import type { CurrentRequest } from './current-request.ts';
import { replaceMethod } from './replace-method.ts';

type Find = (this: object, value: unknown, options?: object) => Promise<object | undefined>;

/**
 * Finds a device code by its reference for the person who has come back from the pages, and for nobody else: the database holds references,
 * and whoever reads it must not be able to redeem one.
 *
 * Why: oidc-provider keeps the code of the device in the interaction of its person, where a dump of the database would tell it.
 * Bends: `DeviceCode.find`, which the route `device_resume` calls with the member `deviceCode` of the interaction, and the route `token` with
 * what the device sends; read in oidc-provider 9.13.3 (lib/actions/authorization/device.js, lib/helpers/grant_source.js).
 * Held by: test/identity/provider/seams/device-references.test.ts
 */
export const keepDeviceReferences = (provider: Provider, current: CurrentRequest, isReference: (value: string) => boolean): void => {
  replaceMethod<Find>(
    provider.DeviceCode,
    'find',
    (find) =>
      async function (this: object, value: unknown, options?: object) {
        const isInside = current.get()?.oidc.route === 'device_resume';
        return typeof value === 'string' && isReference(value) && !isInside ? undefined : find.call(this, value, options);
      },
  );
};
