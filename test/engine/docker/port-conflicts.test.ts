import { randomUUIDv7 } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { fakeStack } from '#test/engine/docker/support/fake-stack.ts';

describe('the ports that a run needs', () => {
  it('are held by a container that publishes one of them, and it is named with its project; our own is no conflict', async () => {
    await using stack = await fakeStack();
    const { portKms } = stack;
    const publishing = (project: string): void => {
      stack.have(stack.owned('web', { id: 'web', name: 'other-web-1' }, { 'com.docker.compose.project': project }));
      stack.fake.published.set('web', [portKms]);
    };
    publishing('other');
    const holder = 'container other-web-1 of project other';
    expect(await stack.engine().portConflicts(['kms'])).toEqual([{ service: 'kms', port: portKms, holder }]);
    publishing(stack.project);
    expect(await stack.engine().portConflicts(['kms'])).toEqual([]);
  });

  it('are held by the stack of another state folder, such as one of which ours is a copy, and that folder is named', async () => {
    await using stack = await fakeStack();
    const original = `/srv/${randomUUIDv7()}/.passthru`;
    const labels = { 'com.docker.compose.project': 'passthru-1234', 'passthru.state-dir': original };
    stack.have(stack.owned('kms', { id: 'other', name: 'passthru-1234-kms-1' }, labels));
    stack.fake.published.set('other', [stack.portKms]);
    const holder = `container passthru-1234-kms-1 of the stack in ${original}`;
    expect(await stack.engine().portConflicts(['kms'])).toEqual([{ service: 'kms', port: stack.portKms, holder, stateDir: original }]);
  });

  it('are held by a process, which is named with its pid', async () => {
    await using stack = await fakeStack();
    const server = createServer();
    server.listen(stack.portKms, '127.0.0.1');
    await once(server, 'listening');
    try {
      const [found] = await stack.engine().portConflicts(['kms']);
      expect(found).toMatchObject({
        service: 'kms',
        port: stack.portKms,
        holder: expect.stringContaining(`pid ${process.pid}`) as string,
      });
    } finally {
      server.close();
    }
  });
});
