import { describe, expect, it } from 'vitest';
import { AppError } from '#infra/apperr/app-error.ts';
import { applyReset } from '#demo/seed/apply-reset.ts';
import { fakeServer, someTenants } from '#test/demo/seed/demo-servers.ts';

const two = () => {
  const [old, fresh] = [someTenants(), someTenants()];
  return { old, fresh, identity: fakeServer('identity', old), kms: fakeServer('kms', old) };
};

describe('applyReset', () => {
  it('puts the new tenants on every server, and keeps them at commit', async () => {
    const { old, fresh, identity, kms } = two();
    const reset = await applyReset([identity, kms], fresh);
    expect(reset.previous).toEqual(old);
    await reset.commit();
    expect([identity.tenants(), kms.tenants()]).toEqual([fresh, fresh]);
    expect([identity.pending(), kms.pending()]).toEqual([null, null]);
  });

  it('brings the old tenants back on every server at rollback', async () => {
    const { old, fresh, identity, kms } = two();
    await (await applyReset([identity, kms], fresh)).rollback(null);
    expect([identity.tenants(), kms.tenants()]).toEqual([old, old]);
    expect([identity.pending(), kms.pending()]).toEqual([null, null]);
  });

  it.each(['identity', 'kms'] as const)('leaves no server changed when %s refuses to begin', async (name) => {
    const servers = two();
    servers[name].break('reset');
    await expect(applyReset([servers.identity, servers.kms], servers.fresh)).rejects.toMatchObject({ code: 'reset-refused' });
    expect([servers.identity.tenants(), servers.kms.tenants()]).toEqual([servers.old, servers.old]);
  });

  it('finds and rolls back a reset whose answer was lost', async () => {
    const { old, fresh, identity, kms } = two();
    kms.break('reset', 'after');
    await expect(applyReset([identity, kms], fresh)).rejects.toMatchObject({ code: 'reset-refused' });
    expect(kms.tenants()).toEqual(old);
    expect(kms.pending()).toBeNull();
  });

  it('names the server on which the rollback failed, and still rolls the other back', async () => {
    const { old, fresh, identity, kms } = two();
    const reset = await applyReset([identity, kms], fresh);
    identity.break('rollback');
    await expect(reset.rollback(null)).rejects.toMatchObject({
      code: 'reset-not-rolled-back',
      message: expect.stringContaining('identity'),
    });
    expect(kms.tenants()).toEqual(old);
  });

  it('can still be rolled back when the first commit failed', async () => {
    const { old, fresh, identity, kms } = two();
    const reset = await applyReset([identity, kms], fresh);
    identity.break('commit');
    await expect(reset.commit()).rejects.toMatchObject({ code: 'connection-refused' });
    await reset.rollback(null);
    expect([identity.tenants(), kms.tenants()]).toEqual([old, old]);
  });

  it.each(['identity', 'kms'] as const)('commits on both when the answer to the commit of %s was lost', async (name) => {
    const { fresh, identity, kms } = two();
    const reset = await applyReset([identity, kms], fresh);
    ({ identity, kms })[name].break('commit', 'after');
    await reset.commit();
    expect([identity.tenants(), kms.tenants()]).toEqual([fresh, fresh]);
    expect([identity.pending(), kms.pending()]).toEqual([null, null]);
  });

  it('leaves the others pending when nobody can say whether the first has committed', async () => {
    const { fresh, identity, kms } = two();
    const lost = new AppError('connection-refused', 503, 'gone');
    let isGone = false;
    const state = () => (isGone ? Promise.reject(lost) : identity.state());
    const reset = await applyReset([{ ...identity, state }, kms], fresh);
    identity.break('commit', 'after');
    isGone = true;
    await expect(reset.commit()).rejects.toMatchObject({ code: 'reset-half-committed', message: expect.stringContaining('identity') });
    // A rollback here could leave the servers with different tenants; the next run asks both and settles it.
    expect([kms.tenants(), kms.pending()]).toEqual([fresh, expect.any(String)]);
  });

  it('says that it is half done when a later commit failed', async () => {
    const { fresh, identity, kms } = two();
    const reset = await applyReset([identity, kms], fresh);
    kms.break('commit');
    await expect(reset.commit()).rejects.toMatchObject({ code: 'reset-half-committed' });
    expect([identity.tenants(), kms.tenants()]).toEqual([fresh, fresh]);
  });
});
