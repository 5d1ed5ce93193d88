import type { App } from '#infra/http/server.ts';

/** A route as Fastify serves it, whether the description of the API shows it or not. */
export interface ServedRoute {
  readonly method: string;
  /** With parameters in braces, as OpenAPI has them. */
  readonly path: string;
}

/** A line of the tree: how deep it stands, what it adds to the path of the one above it, and the methods that are served there. */
const LINE = /^((?:│ {3}| {4})*)[├└]── (.*?)(?: \(([A-Z, ]+)\))?$/;

/** Every route of an app, but for HEAD, which has the handlers of GET. */
export const routeTable = (app: Pick<App, 'printRoutes'>): readonly ServedRoute[] => {
  const above: string[] = [];
  return app
    .printRoutes({ commonPrefix: false })
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => {
      const [, indent, added, methods] = LINE.exec(line) ?? [];
      if (indent === undefined || added === undefined) throw new Error(`no line of a tree of routes: ${line}`);
      const depth = indent.length / 4;
      const full = `${above[depth - 1] ?? ''}${added}`;
      above[depth] = full;
      const path = full.replaceAll(/:(\w+)/g, '{$1}');
      return (methods?.split(', ') ?? []).filter((method) => method !== 'HEAD').map((method) => ({ method, path }));
    });
};
