import type { HttpsClient, HttpsRequest, HttpsResponse } from '#infra/http/client.ts';

interface Cookie {
  readonly name: string;
  readonly path: string;
  readonly value: string;
}

/** As much of a browser as OAuth needs: cookies by path, redirects one at a time. */
export interface Browser {
  request(request: HttpsRequest): Promise<HttpsResponse>;
  cookies(): readonly Cookie[];
  forget(name: string): void;
}

const parse = (header: string): Cookie & { readonly gone: boolean } => {
  const [pair = '', ...attributes] = header.split(/;\s*/);
  const split = pair.indexOf('=');
  const find = (name: string): string | undefined =>
    attributes.find((attribute) => attribute.toLowerCase().startsWith(`${name}=`))?.slice(name.length + 1);
  const value = pair.slice(split + 1);
  return { name: pair.slice(0, split), path: find('path') ?? '/', value, gone: value === '' || find('max-age') === '0' };
};

const covers = (path: string, pathname: string): boolean =>
  path === '/' || pathname === path || pathname.startsWith(`${path.replace(/\/$/, '')}/`);

export const openBrowser = (client: HttpsClient): Browser => {
  const jar = new Map<string, Cookie>();
  return {
    request: async (request) => {
      const { pathname } = new URL(request.url);
      const cookie = [...jar.values()].filter(({ path }) => covers(path, pathname)).map(({ name, value }) => `${name}=${value}`);
      const headers = { accept: 'text/html', ...request.headers, ...(cookie.length === 0 ? {} : { cookie: cookie.join('; ') }) };
      const response = await client.request({ ...request, headers });
      for (const { gone, ...set } of response.setCookies.map(parse)) {
        if (gone) jar.delete(`${set.name} ${set.path}`);
        else jar.set(`${set.name} ${set.path}`, set);
      }
      return response;
    },
    cookies: () => [...jar.values()],
    forget: (name) => {
      for (const [key, cookie] of jar) if (cookie.name.startsWith(name)) jar.delete(key);
    },
  };
};
