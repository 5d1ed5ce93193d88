import type { DescribedBrowserApi } from '#kms/api/openapi/browser-document.ts';
import type { BrowserAccess } from './open-browser.ts';

/** The browser API for its description, and for the page that tries it out. */
export const describedBrowserApi = ({ cookies, door }: Pick<BrowserAccess, 'cookies' | 'door'>): DescribedBrowserApi => ({
  cookieName: cookies.sessionName,
  readerOf: async (request) => {
    const session = await door.sessionOfPage(request);
    if (session === null) return null;
    const { username, subject, tenant } = session.caller;
    return { username: username ?? subject, tenant: tenant.name, csrfToken: session.csrfToken };
  },
});
