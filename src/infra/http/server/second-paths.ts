import type { App, ServerOptions } from '../server.ts';

/**
 * Serves routes under a second path as well, each as a route of its own: hooks that look at a route see both, with their own paths. Call
 * it before any other hook is added, so that the second one is made of what was asked for, and of nothing that hooks put to it. It is
 * left out of the description of the API, which has the first.
 */
export const serveTwice = (app: App, secondPath: NonNullable<ServerOptions['secondPath']>): void => {
  app.addHook('onRoute', (route) => {
    const url = secondPath(route.url);
    // That for HEAD comes with the one for GET.
    if (url === null || route.method === 'HEAD') return;
    app.route({ ...route, url, schema: { ...route.schema, hide: true } });
  });
};
