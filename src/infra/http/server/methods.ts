import { methodNotAllowed, routeNotFound } from '../problem.ts';
import type { App } from '../server.ts';

interface Resource {
  readonly path: RegExp;
  readonly methods: Set<string>;
}

/** The paths that a route of the router stands for: `:name` is one segment, which may be empty, `*` at the end is anything. */
const pathsOf = (url: string): RegExp => {
  const parts = url.split(/(:\w+|\*$)/).map((part) => {
    if (part.startsWith(':')) return '[^/]*';
    return part === '*' ? '.*' : RegExp.escape(part);
  });
  return new RegExp(`^${parts.join('')}$`);
};

/**
 * Answers whatever no route takes, before its body is read: 405 with `Allow` where another method has a route, 204 with `Allow` to
 * OPTIONS there, and 404 elsewhere. Call it before any route is added.
 *
 * A route for OPTIONS, for example one that answers preflights of browsers, is not told: `Allow` says what can be done with a resource.
 *
 * @see RFC 9110 sections 9.3.7, 10.2.1 and 15.5.6
 */
export const answerOtherMethods = (app: App): void => {
  const resources = new Map<string, Resource>();
  app.addHook('onRoute', ({ url, method }) => {
    const resource = resources.get(url) ?? { path: pathsOf(url), methods: new Set<string>() };
    resources.set(url, resource);
    for (const each of [method].flat()) if (each !== 'OPTIONS') resource.methods.add(each.toUpperCase());
  });

  const allowedAt = (target: string): readonly string[] => {
    const path = target.split(/[?#]/, 1)[0] ?? '';
    const found = [...resources.values()].filter((resource) => path === '*' || resource.path.test(path));
    return [...new Set(found.flatMap(({ methods }) => [...methods]))].toSorted();
  };

  app.addHook('onRequest', async (request, reply) => {
    if (!request.is404) return;
    const allowed = allowedAt(request.raw.url ?? '');
    if (allowed.length === 0 || (allowed.includes(request.method) && request.raw.url !== '*')) throw routeNotFound();
    if (request.method !== 'OPTIONS') throw methodNotAllowed(allowed);
    return reply.code(204).header('allow', allowed.join(', ')).send();
  });
};
