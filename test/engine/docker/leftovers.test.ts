import { describe, expect, it } from 'vitest';
import { ownIdentity } from '#engine/state/process-identity.ts';
import { thisHost } from '#engine/state/this-host.ts';
import { fakeStack } from '#test/engine/docker/support/fake-stack.ts';

/** Labels that a killed run of this host left behind. */
const lost = async () => ({
  'passthru.host': await thisHost(),
  'passthru.owner': 'process 2147483646 no-such-process',
  'passthru.state-dir': '/home/me/.passthru',
});

describe('the leftovers of killed runs', () => {
  it('are removed: containers, networks and volumes of this host whose owner is dead, whatever project they are of', async () => {
    await using stack = await fakeStack();
    const { fake } = stack;
    const labels = await lost();
    stack.have(stack.owned('kms', {}, { ...labels, 'com.docker.compose.project': 'passthru-11111111' }));
    fake.networks.push({ id: 'n1', name: 'n1', labels });
    fake.volumes.push({ id: 'v1', name: 'v1', labels });
    await stack.engine().portConflicts([]);
    expect(fake.requests).toEqual(['remove kms-1', 'remove network n1', 'remove volume v1']);
    expect(stack.warnings).toEqual(['removed the containers that a killed run left behind (/home/me/.passthru)']);
  });

  it('are removed as far as they can be, and a failure is told', async () => {
    await using stack = await fakeStack();
    const { fake } = stack;
    const labels = await lost();
    stack.have(
      stack.owned('kms', {}, { ...labels, 'com.docker.compose.project': 'passthru-22222222' }),
      stack.owned('telemetry', {}, { ...labels, 'com.docker.compose.project': 'passthru-33333333' }),
    );
    fake.networks.push({ id: 'n1', name: 'n1', labels });
    fake.before = (request) => (request === 'remove kms-1' ? Promise.reject(new Error('kms-1 hangs')) : Promise.resolve());
    await stack.engine().portConflicts([]);
    expect([[...fake.containers.keys()], fake.networks]).toEqual([['kms-1'], []]);
    expect(stack.warnings).toEqual(['what killed runs left behind could not be removed: kms-1 hangs']);
  });

  it("stay, and are in nobody's way, for an engine that only looks: the next start removes them", async () => {
    await using stack = await fakeStack();
    stack.have(stack.owned('kms', {}, { ...(await lost()), 'com.docker.compose.project': 'passthru-44444444' }));
    stack.fake.published.set('kms-1', [stack.portKms]);
    expect(await stack.engine({ looksOnly: true }).portConflicts(['kms'])).toEqual([]);
    expect(stack.fake.requests).toEqual([]);
  });

  it('stay when they belong to their state folder, to a living owner, to another host, or to nobody that we know', async () => {
    await using stack = await fakeStack();
    const labels = await lost();
    const of = (id: string, more: Readonly<Record<string, string>>) =>
      stack.owned('kms', { id }, { ...labels, 'com.docker.compose.project': id, ...more });
    stack.have(
      of('kept', { 'passthru.owner': 'state-folder' }),
      of('alive', { 'passthru.owner': `process ${process.pid} ${await ownIdentity()}` }),
      of('elsewhere', { 'passthru.host': 'another host' }),
      // Processes of another user may be hidden from us.
      of('of-another-user', { 'passthru.host': (await thisHost()).replace(/\d+$/, '54321') }),
      of('nobody', { 'passthru.owner': 'somebody' }),
      of('of-an-older-version', { 'passthru.owner': '2147483646 no-such-process', 'passthru.lease': 'kept' }),
      stack.owned('web', { id: 'foreign' }, { 'com.docker.compose.project': 'foreign' }),
    );
    await stack.engine().portConflicts([]);
    expect(stack.fake.requests).toEqual([]);
    expect(stack.warnings).toEqual([]);
  });
});
