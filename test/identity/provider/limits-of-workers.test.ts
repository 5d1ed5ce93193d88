import type { Client } from 'oidc-provider';
import { describe, expect, it } from 'vitest';
import { createDeviceLimits } from '#identity/provider/interactions/create-device-limits.ts';
import { createOpenInteractions } from '#identity/provider/interactions/create-open-interactions.ts';
import { createPushLimit } from '#identity/provider/interactions/push-limit.ts';
import { RECORD_PROPERTY } from '#identity/provider/records/client-metadata.ts';
import { createCommonCounts } from '#infra/workers/common-counts.ts';
import type { Workers } from '#infra/workers/workers.ts';
import { linkedWorkers } from '#test/support/linked-workers.ts';

const ADDRESS = '192.0.2.1';
const OF_A_NETWORK = 500;
const time = { lifeSeconds: 600, elapsed: () => 0 };

/** What one counted is told to the other within 20 ms. */
const told = () => new Promise((resolve) => void setTimeout(resolve, 40));

const onTwo = <Limit>(make: (workers: Workers) => Limit): readonly [Limit, Limit] => {
  const [one, two] = linkedWorkers(2).map(make);
  if (one === undefined || two === undefined) throw new Error('there are two');
  return [one, two];
};

describe('Two workers of Identity', () => {
  it('have the codes of devices that a network opens, and its guesses at them, together', async () => {
    const [one, two] = onTwo((workers) => createDeviceLimits({ ...time, common: (of) => createCommonCounts(workers, `places ${of}`) }));
    for (let n = 0; n < OF_A_NETWORK; n += 1) one.openCode(ADDRESS);
    await told();
    expect(() => two.openCode(ADDRESS)).toThrow('Too many devices');
    for (let n = 0; n < 20; n += 1) two.guesses.pay(ADDRESS);
    await told();
    expect(() => one.guesses.pay(ADDRESS)).toThrow('Too many wrong codes');
  });

  it('have the requests that are pushed in the name of public clients together', async () => {
    const client = { [RECORD_PROPERTY]: { authMethod: 'none' } } as unknown as Client;
    const [one, two] = onTwo((workers) => createPushLimit({ ...time, common: createCommonCounts(workers, 'places pushed-requests') }));
    for (let n = 0; n < OF_A_NETWORK; n += 1) one(client, ADDRESS);
    await told();
    expect(() => two(client, ADDRESS)).toThrow('Too many pushed requests');
  });

  it('have the log-ins that wait for a person together, of which one is finished wherever the browser comes to', async () => {
    const [one, two] = onTwo((workers) =>
      createOpenInteractions({ ...time, log: { warn: () => {} }, common: createCommonCounts(workers, 'places interactions') }),
    );
    for (let n = 0; n < OF_A_NETWORK; n += 1) expect(one.open(ADDRESS)).toBe(0);
    await told();
    expect(two.open(ADDRESS)).toBeGreaterThan(0);
    two.close(ADDRESS);
    await told();
    expect(one.open(ADDRESS)).toBe(0);
  });
});
