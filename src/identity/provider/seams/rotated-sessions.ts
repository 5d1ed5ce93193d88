import type { Adapter, Provider } from 'oidc-provider';
import { replaceMethod } from './replace-method.ts';

interface RotatedSession {
  oldId?: string | undefined;
  readonly adapter: Adapter & { readonly forget: (id: string) => Promise<void> };
}

type Save = (this: RotatedSession, ttl: number) => Promise<unknown>;

/**
 * Deletes a session that has a new id now without a wait for the disk of its own: it is saved under the new one right after, which waits
 * for both.
 *
 * Why: oidc-provider deletes the old one as a log-out does, for which the adapter waits.
 * Bends: `Session.prototype.save`, its `oldId`, and the `adapter` of an entity, read in oidc-provider 9.13.3 (lib/models/session.js,
 * lib/models/base_model.js).
 * Held by: test/identity/provider/seams/rotated-sessions.test.ts
 */
export const forgetRotatedSessions = (provider: Provider): void => {
  replaceMethod<Save>(
    provider.Session.prototype,
    'save',
    (save) =>
      async function (ttl) {
        const { oldId } = this;
        if (oldId !== undefined) {
          this.oldId = undefined;
          await this.adapter.forget(oldId);
        }
        return save.call(this, ttl);
      },
  );
};
