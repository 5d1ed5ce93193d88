import * as http from 'node:http';
import type { Plugin } from 'rolldown';

const HTTP = '\0node:http';

/** Koa asks of each body that is an object whether it is a response of fetch. Nothing of oidc-provider's or ours is. */
const ASKS_FOR_FETCH = /\b(val|body) instanceof Response\b/g;

/**
 * Keeps Node from loading its fetch and WebSocket, which cost as much as its own start, and some MiB, in a program that uses neither.
 *
 * Where a program imports `node:http`, it gets the module as `require` would give it: an `import` reads every export, so that it can give it,
 * and three of them are read by loading all that.
 *
 * @see https://nodejs.org/api/process.html#processgetbuiltinmoduleid
 */
export const httpWithoutFetch = (): Plugin => ({
  name: 'http-without-fetch',
  resolveId: {
    filter: { id: /^(node:)?http$/ },
    handler: (_specifier, _importer, { kind }) => (kind === 'import-statement' ? HTTP : null),
  },
  load: {
    filter: { id: new RegExp(`^${HTTP}$`) },
    handler: () => {
      const names = Object.keys(http).filter((name) => name !== 'default');
      // Each is read where somebody wants it alone.
      const exports = names.map((name) => `export const ${name} = /* @__PURE__ */ (() => http.${name})();`);
      const code = [`const http = process.getBuiltinModule('node:http');`, 'export default http;', ...exports].join('\n');
      return { code, moduleType: 'js', moduleSideEffects: false };
    },
  },
  transform: {
    filter: { id: /node_modules\/koa\/lib\/(application|response)\.js$/ },
    handler: (code, id) => {
      if (code.match(ASKS_FOR_FETCH)?.length !== 1)
        throw new Error(`${id} asks otherwise than it did (build/bundle/http-without-fetch.ts)`);
      return { code: code.replace(ASKS_FOR_FETCH, 'false') };
    },
  },
});
