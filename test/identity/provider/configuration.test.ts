import { expect, test } from 'vitest';
import { createFeatures } from '#identity/provider/features.ts';
import { KMS_SERVER } from '#test/identity/support/identity-provider.ts';

const features = createFeatures({ accounts: { find: async () => undefined }, resourceServers: [KMS_SERVER], signingKid: 'k-1' });
const MERGED = ['features', 'routes', 'ttl', 'discovery'];

test('no two features set the same member of the configuration: the later would win without a word', () => {
  const members = features.flatMap(({ configuration }) =>
    Object.entries(configuration).flatMap(([name, value]) =>
      MERGED.includes(name) ? Object.keys(value as object).map((member) => `${name}.${member}`) : [name],
    ),
  );

  expect(members.length).toBeGreaterThan(20);
  expect(members.filter((member, index) => members.indexOf(member) !== index)).toEqual([]);
});

test('no two features open the same endpoint', () => {
  const paths = features.flatMap(({ endpoints = [] }) => endpoints.map(({ path }) => path));

  expect(paths).toContain('/oauth2/token');
  expect(new Set(paths).size).toBe(paths.length);
});
