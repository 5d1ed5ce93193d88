/** A page as a browser without JavaScript sees it. */
export interface Page {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly html: string;
}

interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly path: string;
}

const unescape = (text: string): string =>
  text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

const attributesOf = (tag: string): Record<string, string> =>
  Object.fromEntries([...tag.matchAll(/([a-z-]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, unescape(value)]));

/** The one form of the page: where it goes and its hidden fields. */
export const formOn = (page: Page): { readonly action: string; readonly fields: Record<string, string> } => {
  const forms = [...page.html.matchAll(/<form [^>]*>/g)];
  const [form] = forms;
  if (form === undefined || forms.length !== 1)
    throw new Error(`${page.url} answered ${page.status} with ${forms.length} forms: ${page.html}`);
  const hidden = [...page.html.matchAll(/<input [^>]*type="hidden"[^>]*>/g)].map(([tag]) => attributesOf(tag));
  return {
    action: new URL(attributesOf(form[0]).action ?? '', page.url).href,
    fields: Object.fromEntries(hidden.map(({ name = '', value = '' }) => [name, value])),
  };
};

/** Keeps cookies by path and follows redirects for as long as they stay on one origin, like a browser without JavaScript. */
export const createBrowser = (options: { readonly fetch: typeof fetch; readonly origin: string }) => {
  const jar = new Map<string, Cookie>();

  const remember = (url: URL, headers: Headers): void => {
    for (const line of headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(/;\s*/);
      const at = pair.indexOf('=');
      const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
      const has = (wanted: string) => attributes.find((attribute) => attribute.toLowerCase().startsWith(wanted));
      const path = has('path=')?.slice('path='.length) ?? url.pathname;
      if (has('secure') === undefined || has('httponly') === undefined || has('samesite=') === undefined)
        throw new Error(`careless cookie ${line}`);
      const expires = has('expires=')?.slice('expires='.length);
      if (value === '' || has('max-age=0') !== undefined || (expires !== undefined && Date.parse(expires) < Date.now()))
        jar.delete(`${name} ${path}`);
      else jar.set(`${name} ${path}`, { name, value, path });
    }
  };

  const cookiesFor = (url: URL): string =>
    [...jar.values()]
      .filter(({ path }) => url.pathname === path || url.pathname.startsWith(path.endsWith('/') ? path : `${path}/`))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');

  /** @returns the last answer; its url is the foreign one when a redirect left the origin */
  const request = async (
    target: string,
    init: { readonly method?: string; readonly form?: Record<string, string> } = {},
  ): Promise<Page> => {
    let [next, { method = 'GET', form }] = [new URL(target, options.origin), init];
    for (let hops = 0; hops < 10; hops++) {
      if (next.origin !== options.origin) return { url: next.href, status: 0, headers: new Headers(), html: '' };
      const answer = await options.fetch(next, {
        method,
        redirect: 'manual',
        headers: {
          cookie: cookiesFor(next),
          accept: 'text/html',
          ...(form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
        },
        ...(form ? { body: new URLSearchParams(form).toString() } : {}),
      });
      remember(next, answer.headers);
      const location = answer.headers.get('location');
      const html = await answer.text();
      if (location === null) return { url: next.href, status: answer.status, headers: answer.headers, html };
      [next, method, form] = [new URL(location, next), 'GET', undefined];
    }
    throw new Error(`${target} redirects for ever`);
  };

  return {
    jar,
    visit: (url: string): Promise<Page> => request(url),
    submit: (page: Page, fields: Record<string, string>): Promise<Page> => {
      const form = formOn(page);
      return request(form.action, { method: 'POST', form: { ...form.fields, ...fields } });
    },
    post: (url: string, form: Record<string, string>): Promise<Page> => request(url, { method: 'POST', form }),
  };
};

export type Browser = ReturnType<typeof createBrowser>;
