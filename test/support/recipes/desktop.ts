import http from 'node:http';
import type { LookupFunction } from 'node:net';
import { text } from 'node:stream/consumers';
import { walk } from '#client/browser/walk.ts';
import { createSession, type Session } from '#client/session/session.ts';
import type { HttpsClient, HttpsRequest, HttpsResponse } from '#infra/http/client.ts';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';

/** The browser of a person who uses an application on this machine: https under the authority of the stack, http to the loopback. */
export interface Desktop extends AsyncDisposable {
  /** Opens an address, logs in and agrees where a page asks. @returns the last page */
  open(address: string): Promise<HttpsResponse>;
  readonly session: Session;
}

const ACCOUNT = { username: 'demo-user', password: 'demo-user-password' };

/** One request without TLS, as a browser sends it: fetch would say in a header that it is a script. */
const plain = (wanted: HttpsRequest): Promise<HttpsResponse> =>
  new Promise((resolve, reject) => {
    const form = wanted.form && new URLSearchParams(wanted.form).toString();
    const type = form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
    const request = http.request(wanted.url, {
      method: wanted.method ?? 'GET',
      headers: { accept: 'text/html', ...wanted.headers, ...type },
    });
    request.on('error', reject).on('response', (answer) => {
      const { statusCode: status = 0, headers } = answer;
      text(answer).then(
        (body) =>
          resolve({
            status,
            headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
            setCookies: headers['set-cookie'] ?? [],
            text: body,
            json: () => JSON.parse(body),
          }),
        reject,
      );
    });
    request.end(form);
  });

/** @param ca PEM of the only authority that counts @param lookup resolves names, that of the system when absent */
export const openDesktop = (ca: string, lookup?: LookupFunction): Desktop => {
  const https = createHttpsClient({ ca, ...(lookup === undefined ? {} : { lookup }) });
  const client: Pick<HttpsClient, 'request'> = {
    request: (wanted) => (String(wanted.url).startsWith('http:') ? plain(wanted) : https.request(wanted)),
  };
  const session = createSession({ client });
  return {
    session,
    open: async (address) => {
      // It ends at a page without a form, at whatever application that is.
      const { last } = await walk({ session, url: address, redirectUri: 'about:', account: ACCOUNT });
      return last;
    },
    [Symbol.asyncDispose]: () => https[Symbol.asyncDispose](),
  };
};
