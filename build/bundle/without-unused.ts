import type { Plugin } from 'rolldown';

/**
 * Parts of packages that nothing of ours calls, and that bring a native module or files of their own along: Docker over SSH (which is
 * refused before: another machine cannot mount the secrets of this one), and builds over BuildKit's session (Compose builds).
 */
const UNUSED = /node_modules\/(docker-modem\/lib\/ssh|dockerode\/lib\/(session|buildkit))\.js$/;

/**
 * fetch, WebSocket, caches and mocks of undici: three quarters of it, of which we need the agent. Its own modules load these when they are
 * given a form or a blob of fetch.
 */
const UNUSED_WHEN_LOADED = /node_modules\/undici\/lib\/web\/.*\.js$/;

/** Modules of undici, and the code in their place: what the first does for an agent, and no second parser, which is an experiment. */
const REDUCED: Readonly<Record<string, string>> = {
  'undici/index.js': `
const Dispatcher = require('./lib/dispatcher/dispatcher');
Dispatcher.prototype.request = require('./lib/api/api-request');
module.exports = { Agent: require('./lib/dispatcher/agent') };
`,
  'undici/lib/dispatcher/parser-h1.js': 'module.exports = { getMiloEnabled: () => false };',
};

const nameOf = (id: string): string => id.replace(/.*node_modules\//, '');

const refusal = (id: string): string => `throw new Error(${JSON.stringify(`${nameOf(id)} is not part of passthru`)});`;

/** Leaves those parts out: whoever calls one after all is told. */
export const withoutUnused = (): Plugin => ({
  name: 'without-unused',
  load: {
    filter: { id: [UNUSED, UNUSED_WHEN_LOADED, /node_modules\/undici\/(index|lib\/dispatcher\/parser-h1)\.js$/] },
    handler: (id) => {
      const reduced = REDUCED[nameOf(id)];
      if (reduced !== undefined) return { code: reduced, moduleType: 'js' };
      return { code: UNUSED.test(id) ? `module.exports = () => { ${refusal(id)} };` : refusal(id), moduleType: 'js' };
    },
  },
});
