import { describe, expect, it } from 'vitest';
import { fakeStack } from '#test/engine/docker/support/fake-stack.ts';

describe('Faults of containers', () => {
  it('a part is killed, paused or stopped, and goes on when all is taken back', async () => {
    await using stack = await fakeStack();
    const { fake } = stack;
    stack.have(stack.owned('kms'), stack.owned('kms-postgres'), stack.owned('telemetry'));
    const { faults } = stack.engine();
    await faults.inflict({ kind: 'killed', part: 'kms' });
    await faults.inflict({ kind: 'frozen', part: 'telemetry' });
    await faults.inflict({ kind: 'stopped', part: 'kms-postgres' });
    expect(fake.requests).toEqual(['kill kms-1', 'pause telemetry-1', 'stop kms-postgres-1 8000']);
    fake.requests.length = 0;
    expect(await stack.engine().faults.repair()).toHaveLength(3);
    expect(fake.requests).toEqual(['unpause telemetry-1']);
    expect(await faults.start('kms')).toEqual({ ok: true, value: 'started' });
    expect(fake.requests).toContain('start kms-1');
  });

  it('neither the disk nor the clock of the Docker host is touched, and a part that is not there is named', async () => {
    await using stack = await fakeStack();
    const { faults } = stack.engine();
    expect(await faults.whyNot({ kind: 'disk-full', service: 'kms' })).toContain('disk of the Docker host');
    expect(await faults.whyNot({ kind: 'clock-stepped', service: 'kms', seconds: 1 })).toContain('clock of the Docker host');
    await expect(faults.inflict({ kind: 'killed', part: 'kms' })).rejects.toMatchObject({ code: 'part-absent' });
  });
});
