import type { KoaContextWithOIDC } from 'oidc-provider';
import { renderHtml } from '#infra/html/html.ts';
import { fieldsOf } from '#infra/http/request/form.ts';
import type { Accounts } from '#identity/accounts/accounts.ts';
import { confirmDevicePage, deviceConnectedPage, deviceRefusedPage, userCodePage } from '#identity/views/device-page.ts';
import { errorPage, type ErrorView } from '#identity/views/error-page.ts';
import { leaveNewSession, tokenOfForm } from '../../seams/device-pages.ts';
import type { Feature } from '../feature.ts';
import { checkSentRequest } from './authorization-limits.ts';
import { LIFETIMES } from '../lifetimes.ts';

const AUTHORIZATION_PATH = '/oauth2/device_authorization';
/** Where a person enters the code; short, because it may have to be typed. */
export const DEVICE_PATH = '/device';

const ENTER_AGAIN = { href: DEVICE_PATH, text: 'Enter a code' } as const;

/** The refusals of oidc-provider that lead back to the form, by the name of their class. */
const PROBLEMS: Readonly<Record<string, string>> = {
  NoCodeError: 'Enter the code that your device shows.',
  NotFoundError: 'There is no such code, or it has expired. Compare it with your device, which can also show a new one.',
  ExpiredError: 'This code has expired. Your device can show a new one.',
  AlreadyUsedError: 'This code was used before. Your device can show a new one.',
};

export interface DeviceOptions {
  readonly accounts: Pick<Accounts, 'find'>;
  /** Takes a place for a code, of those that a network may have open. @throws AppError `too-many-codes` 429 */
  readonly openCode: (address: string) => void;
  /** Words for a refusal that is not about the code. */
  readonly refusalView: (ctx: KoaContextWithOIDC, refusal: ErrorOut, cause: unknown) => ErrorView;
}

type ErrorOut = { readonly error: string; readonly error_description?: string };

/** What the page that asks for the code says, after an attempt that failed and before one. */
const afterRefusal = (ctx: KoaContextWithOIDC, token: string, out: ErrorOut, error: Error, options: DeviceOptions) => {
  if (error.name === 'AbortedError') return deviceRefusedPage();
  const problem = PROBLEMS[error.name];
  if (problem === undefined) {
    leaveNewSession(ctx);
    return errorPage({ ...options.refusalView(ctx, out, error), ways: [ENTER_AGAIN] });
  }
  ctx.status = 400;
  const { userCode } = error as { readonly userCode?: string };
  return userCodePage({ action: DEVICE_PATH, token, problem, ...(userCode === undefined ? {} : { userCode }) });
};

/**
 * Access for a device without a browser: it shows a code, which a person enters at `/device`, compares, and allows or refuses. The code
 * has eight letters of twenty, so that nobody guesses it within its life at the pace that is allowed.
 *
 * @see RFC 8628
 */
export const deviceCode = (options: DeviceOptions): Feature => ({
  configuration: {
    features: {
      deviceFlow: {
        enabled: true,
        charset: 'base-20',
        mask: '****-****',
        // Asked once for each code, before it is stored.
        deviceInfo: (ctx) => {
          const address = String(ctx.state.peerAddress ?? '');
          options.openCode(address);
          return { address };
        },
        userCodeInputSource: (ctx, form, out, error) => {
          ctx.type = 'html';
          const token = tokenOfForm(form);
          const page =
            out === undefined || error === undefined
              ? userCodePage({ action: DEVICE_PATH, token })
              : afterRefusal(ctx, token, out as ErrorOut, error, options);
          ctx.body = renderHtml(page);
        },
        userCodeConfirmSource: async (ctx, form, client, info, userCode) => {
          const { accountId } = ctx.oidc.session ?? {};
          const account = accountId === undefined ? undefined : await options.accounts.find(accountId);
          ctx.type = 'html';
          ctx.body = renderHtml(
            confirmDevicePage({
              form,
              clientName: client.clientName ?? client.clientId,
              userCode,
              address: String((info as { readonly address?: string }).address ?? ''),
              ...(account === undefined ? {} : { username: account.username }),
            }),
          );
        },
        successSource: (ctx) => {
          ctx.type = 'html';
          ctx.body = renderHtml(deviceConnectedPage({ clientName: ctx.oidc.client?.clientName ?? String(ctx.oidc.client?.clientId) }));
        },
      },
    },
    routes: { device_authorization: AUTHORIZATION_PATH, code_verification: DEVICE_PATH },
    ttl: { DeviceCode: LIFETIMES.deviceCode },
  },
  endpoints: [
    { path: AUTHORIZATION_PATH, methods: ['POST', 'OPTIONS'], answers: 'json', checkForm: checkSentRequest },
    // One code alone: for several oidc-provider shows a page of its own.
    { path: DEVICE_PATH, methods: ['GET', 'POST'], answers: 'page', checkQuery: (pairs) => void fieldsOf(pairs) },
    { path: `${DEVICE_PATH}/:uid`, methods: ['GET'], answers: 'page' },
  ],
});
