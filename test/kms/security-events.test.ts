import { randomUUIDv7 } from 'node:crypto';
import { expect, it } from 'vitest';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import type { Attributes, Telemetry } from '#infra/telemetry/telemetry.ts';
import { basic, bearer, kmsHouse, runKms } from '#test/kms/support/kms-server.ts';

const KEYS = '/service/api/v1/elastic-keys';

const listening = () => {
  const lines: { readonly message: string; readonly attributes: Attributes }[] = [];
  const silent = noTelemetry();
  const telemetry: Telemetry = {
    ...silent,
    log: { ...silent.log, warn: (message, attributes = {}) => void lines.push({ message, attributes }) },
  };
  return { lines, telemetry };
};

it('Whoever is refused stands in the log with the address, the kind of credential and a tag of the name, which a restart does not change', async () => {
  const [name, other, stranger] = [`name-${randomUUIDv7()}`, `name-${randomUUIDv7()}`, `stranger-${randomUUIDv7()}`];
  await using house = await kmsHouse({ clients: { [stranger]: [] } });
  const told = async () => {
    const { lines, telemetry } = listening();
    await using kms = await runKms(house, { telemetry });
    await kms.send(KEYS, { headers: basic(name, 'wrong') });
    await kms.send(KEYS, { headers: basic(other, 'wrong') });
    await kms.send(KEYS, { headers: bearer('a.b.c') });
    await (await house.client(stranger)).request({ url: `${kms.url}${KEYS}` });
    const refused = lines.filter(({ message }) => message.includes(' refused with 401'));
    for (const each of [name, other, stranger]) expect(JSON.stringify(refused)).not.toContain(each);
    return refused.map(({ attributes }) => [attributes['client.address'], attributes['credential'], attributes['name_tag']]);
  };
  const before = await told();
  const tag = expect.stringMatching(/^[0-9a-f]{16}$/) as string;
  expect(before).toEqual([
    ['127.0.0.1', 'password', tag],
    ['127.0.0.1', 'password', tag],
    ['127.0.0.1', 'token', undefined],
    ['127.0.0.1', 'certificate', tag],
  ]);
  expect(new Set(before.map(([, , of]) => of)).size).toBe(4);
  expect(await told()).toEqual(before);
});
