import { randomUUIDv7 } from 'node:crypto';
import { expect, it } from 'vitest';
import { parseHeartbeat } from '#infra/security-events/heartbeat.ts';
import { tellRevocations } from '#identity/feed/tell-revocations.ts';

it('A heartbeat says how long the stream had run when its teller looked, however long the database then took', async () => {
  const clock = { now: 5_000 };
  const newest = { sequence: 0, id: randomUUIDv7() };
  const stream = tellRevocations({
    feed: {
      advance: async () => {
        clock.now += 1_500;
        return newest;
      },
      between: async () => [],
    },
    sign: async () => '',
    audiences: ['urn:passthru:kms'],
    from: 0,
    until: new AbortController().signal,
    elapsed: () => clock.now,
  });
  const heartbeat = async () => {
    const { value = '' } = await stream.next();
    return parseHeartbeat(/^event: heartbeat\nid: .*\ndata: (.*)\n\n$/.exec(value)?.[1] ?? '');
  };
  expect([await heartbeat(), await heartbeat()]).toEqual([0, 1_500]);
  await stream.return();
});
