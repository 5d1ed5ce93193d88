import type { KoaContextWithOIDC } from 'oidc-provider';

/** How often a device may ask whether its person has decided. */
export interface DevicePolls {
  /** Seconds between two questions, which the device is told with its code. */
  readonly intervalSeconds: number;
  /** @returns whether a question about this code came too soon; the device has to ask less often from then on */
  isTooSoon(deviceCode: string): boolean;
}

/**
 * Tells a device how often it may ask, and slows down one that asks more often. A code about which somebody has decided is answered at
 * once, however often it was asked about: the answer is the last one.
 *
 * Why: oidc-provider says no interval, and answers `authorization_pending` as often as a device asks.
 * Bends: the body of the route `device_authorization`, and the error `authorization_pending` of the route `token`, read in oidc-provider
 * 9.13.3 (lib/actions/authorization/device.js, lib/actions/grants/device_code.js).
 * Held by: test/identity/provider/seams/device-polls.test.ts
 *
 * @see RFC 8628 sections 3.2 and 3.5
 */
export const paceDevices = (ctx: KoaContextWithOIDC, polls: DevicePolls): void => {
  const { route, params } = ctx.oidc ?? {};
  const body = ctx.body as Readonly<Record<string, unknown>> | null | undefined;
  if (route === 'device_authorization' && ctx.status === 200) ctx.body = { ...body, interval: polls.intervalSeconds };
  if (route !== 'token' || body?.['error'] !== 'authorization_pending') return;
  if (!polls.isTooSoon(String(params?.device_code))) return;
  ctx.body = {
    error: 'slow_down',
    error_description: 'this code was asked about a moment ago; wait 5 seconds longer between two questions',
  };
};
