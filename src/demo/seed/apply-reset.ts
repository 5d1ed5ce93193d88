import { AppError } from '#infra/apperr/app-error.ts';
import { failureFrom } from '#infra/apperr/result.ts';
import { type DemoTenants, sameTenants } from '#infra/demo-data/demo-tenants.ts';
import type { DemoDataApi } from '#client/admin/demo-data.ts';

/** A reset that is under way on every server: the new data is there, the old not yet gone. */
export interface PendingReset {
  readonly tenants: DemoTenants;
  readonly previous: DemoTenants;
  /**
   * Ends it, server by server. While none has committed a failure leaves all pending; after that there is no way back.
   * Whether a server has is asked of it when its answer is lost.
   *
   * @throws AppError `reset-half-committed` when only some have, or may have; the next demo or reset settles the others likewise
   */
  commit(): Promise<void>;
  /**
   * Old data back on every server.
   *
   * @param cause why; it is kept when the rollback fails too
   * @throws AppError `reset-not-rolled-back`
   */
  rollback(cause: unknown): Promise<void>;
}

/** Begins a reset on all servers, or on none: when one refuses, those that had begun are rolled back before it throws. */
export const applyReset = async (servers: readonly DemoDataApi[], tenants: DemoTenants): Promise<PendingReset> => {
  const begun = new Map<string, { readonly resetId: string; readonly previous: DemoTenants }>();
  const rollback = async (cause: unknown): Promise<void> => {
    const failed: { readonly server: string; readonly cause: string }[] = [];
    for (const admin of servers) {
      try {
        // A reset whose answer was lost is found by asking.
        const resetId = begun.get(admin.server)?.resetId ?? (await admin.state()).reset_pending;
        if (resetId !== null) await admin.rollback(resetId);
        begun.delete(admin.server);
      } catch (thrown) {
        failed.push({ server: admin.server, cause: failureFrom(thrown).message });
      }
    }
    if (failed.length === 0) return;
    const where = failed.map(({ server, cause: why }) => `${server} (${why})`).join(', ');
    throw new AppError('reset-not-rolled-back', 500, `the reset failed and could not be rolled back on ${where}`, {
      cause,
      fix: 'Run the demo again: it recognises the interrupted reset and repairs it.',
    });
  };

  const results = await Promise.allSettled(
    servers.map(async (admin) => {
      const { reset_id: resetId, previous_tenants: previous } = await admin.reset(tenants);
      begun.set(admin.server, { resetId, previous });
    }),
  );
  const refused = results.find((result) => result.status === 'rejected');
  if (refused !== undefined) {
    await rollback(refused.reason);
    throw new AppError('reset-refused', 500, 'the reset could not begin on every server and was rolled back', { cause: refused.reason });
  }

  /** Whether a server whose answer to the commit was lost has committed all the same; null when it cannot be asked. */
  const hasCommitted = async (admin: DemoDataApi): Promise<boolean | null> => {
    const state = await admin.state().catch(() => null);
    return state && state.reset_pending !== begun.get(admin.server)?.resetId && sameTenants(state.tenants, tenants);
  };

  return {
    tenants,
    previous: [...begun.values()][0]?.previous ?? {},
    commit: async () => {
      for (const [at, admin] of servers.entries()) {
        try {
          await admin.commit(begun.get(admin.server)?.resetId ?? '');
        } catch (cause) {
          const committed = await hasCommitted(admin);
          if (committed === true) continue;
          // Nobody has: it can still be rolled back everywhere.
          if (at === 0 && committed === false) throw cause;
          const message = `the new demo data is there, but ${admin.server} did not confirm that the old is gone`;
          throw new AppError('reset-half-committed', 500, message, {
            cause,
            fix: 'Run the demo again: it settles the reset on all servers.',
          });
        }
      }
    },
    rollback,
  };
};
