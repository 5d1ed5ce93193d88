import type { TenantDirectory } from './directory.ts';

/** Milliseconds that something of a tenant may stay in memory after another replica removed it. */
const LOOK_EVERY_MS = 30_000;

/**
 * Looks again and again which tenants are gone. Requests would not find out: the credentials of a tenant that another replica
 * removed are refused before anyone asks for its database.
 */
export const watchForGoneTenants = (tenants: Pick<TenantDirectory, 'forgetGone'>): Disposable => {
  // A database that does not answer is told of by the requests that need it; the next look may find it.
  const timer = setInterval(() => void tenants.forgetGone().catch(() => {}), LOOK_EVERY_MS).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
};
