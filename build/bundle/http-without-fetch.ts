import * as http from 'node:http';
import type { Plugin } from 'rolldown';

const HTTP = '\0node:http';

/**
 * Takes `node:http` as `require` would, where a program imports it. An `import` reads every export of Node's module, so that it can give it,
 * and three of them are read by loading the whole of `fetch` and `WebSocket`, which costs as much as Node's own start.
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
});
