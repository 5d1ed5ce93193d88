import type { Plugin } from 'rolldown';

/**
 * Parts of packages that nothing of ours calls, and that bring a native module or files of their own along: Docker over SSH (which is
 * refused before: another machine cannot mount the secrets of this one), and builds over BuildKit's session (Compose builds).
 */
const UNUSED = /node_modules\/(docker-modem\/lib\/ssh|dockerode\/lib\/(session|buildkit))\.js$/;

/** Leaves those parts out: whoever calls one after all is told. */
export const withoutUnused = (): Plugin => ({
  name: 'without-unused',
  load: {
    filter: { id: UNUSED },
    handler: (id) => ({
      code: `module.exports = () => { throw new Error(${JSON.stringify(`${id.replace(/.*node_modules\//, '')} is not part of passthru`)}); };`,
      moduleType: 'js',
    }),
  },
});
