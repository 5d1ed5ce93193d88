import { expect, it } from 'vitest';
import { publishedPorts } from '#engine/docker/compose/published-ports.ts';

/** For documentation only: no machine has it. @see RFC 5737 */
const NOWHERE = '192.0.2.1';
const PORTS = {
  kms: 18_081,
  kmsAdmin: 19_081,
  identity: 18_082,
  identityAdmin: 19_082,
  identityFeed: 20_082,
  telemetry: 20_081,
  telemetryHealth: 21_081,
  partner: 21_082,
};

it('Containers of the public servers are published at the stated addresses alone, and in production at none', async () => {
  const stated = { hosts: ['kms.test', '127.0.0.2', NOWHERE], ports: PORTS };
  expect(await publishedPorts({ ...stated, profile: 'demo' }, () => undefined)).toEqual({
    kms: ['127.0.0.2:18081:8081'],
    identity: ['127.0.0.2:18082:8082'],
  });
  expect(await publishedPorts({ ...stated, profile: 'prod' }, () => undefined)).toEqual({});
});
