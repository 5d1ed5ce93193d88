import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { expect, it } from 'vitest';
import { loadKmsConfig } from '#kms/config.ts';
import { KMS_CONFIG_FOLDER } from '#test/kms/support/kms-server.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const ONE = 'https://one.example';
const TWO = 'https://two.example';

const ASKED = { mode: 'every-request', introspection_endpoint: `${ONE}/introspect` };

type Entry = Readonly<Record<string, unknown>>;

const OPAQUE: Entry = {
  mode: 'every-request',
  introspection_endpoint: `${ONE}/introspect`,
  client_secret_file: 'secret',
  opaque_tokens: 'introspect',
};

/** Loads the delivered configuration with these issuers, each like the delivered one but for what is given. */
const load = async (...changes: readonly Entry[]) => {
  await using directory = await temporaryDirectory();
  const delivered = join(KMS_CONFIG_FOLDER, 'kms.yml');
  const { identity } = parse(await readFile(delivered, 'utf8')) as { identity: { issuers: Entry[] } };
  const file = join(directory.path, 'overlay.yml');
  const [first = {}] = identity.issuers;
  // One issuer alone may have opaque tokens.
  const base = { ...first, revocation: { ...(first['revocation'] as Entry), opaque_tokens: 'refuse' } };
  await writeFile(file, stringify({ identity: { issuers: changes.map((change) => ({ ...base, ...change })) } }));
  return (await loadKmsConfig([delivered, file])).identity.issuers;
};

it.each<[string, string, readonly Entry[]]>([
  [
    'one issuer twice',
    '1/issuer',
    [
      { issuer: ONE, tenants: ['a'] },
      { issuer: ONE, tenants: ['b'] },
    ],
  ],
  [
    'one issuer with a slash',
    '1/issuer',
    [
      { issuer: ONE, tenants: ['a'] },
      { issuer: `${ONE}/`, tenants: ['b'] },
    ],
  ],
  [
    'one issuer in capitals',
    '1/issuer',
    [
      { issuer: ONE, tenants: ['a'] },
      { issuer: 'https://ONE.example', tenants: ['b'] },
    ],
  ],
  [
    'one issuer with the port of https',
    '1/issuer',
    [
      { issuer: ONE, tenants: ['a'] },
      { issuer: `${ONE}:443`, tenants: ['b'] },
    ],
  ],
  [
    'one name for two',
    '1/name',
    [
      { issuer: ONE, tenants: ['a'] },
      { issuer: TWO, tenants: ['b'], name: 'identity' },
    ],
  ],
  [
    'all tenants beside named ones',
    '0/tenants',
    [
      { issuer: ONE, tenants: '*' },
      { issuer: TWO, tenants: ['b'] },
    ],
  ],
  [
    'all other tenants for two',
    '1/tenants',
    [
      { issuer: ONE, tenants: 'others' },
      { issuer: TWO, tenants: 'others' },
    ],
  ],
  [
    'one tenant for two',
    '1/tenants',
    [
      { issuer: ONE, tenants: ['a', 'b'] },
      { issuer: TWO, tenants: ['b'] },
    ],
  ],
  [
    'opaque tokens of two',
    '1/revocation/opaque_tokens',
    [
      { issuer: ONE, tenants: ['a'], revocation: OPAQUE },
      { issuer: TWO, tenants: ['b'], revocation: OPAQUE },
    ],
  ],
  ['keys that nobody finds', '0/jwks_uri', [{ issuer: ONE, jwks_uri: undefined }]],
  ['a secret that is not there', '0/revocation/client_secret_file', [{ issuer: ONE, revocation: { ...ASKED } }]],
  [
    'a secret beside a certificate',
    '0/revocation/client_secret_file',
    [{ issuer: ONE, revocation: { ...ASKED, authentication: 'tls_client_auth', client_secret_file: 'secret' } }],
  ],
  ['a shared secret as algorithm', '0/algorithms/0', [{ issuer: ONE, algorithms: ['HS256'] }]],
  ['no algorithm', '0/algorithms', [{ issuer: ONE, algorithms: [] }]],
  ['the same algorithm twice', '0/algorithms', [{ issuer: ONE, algorithms: ['RS256', 'RS256'] }]],
  ['a claim without a name', '0/claims/tenant', [{ issuer: ONE, claims: { tenant: [] } }]],
])('issuers are refused with the field and what to do: %s', async (_, field, issuers) => {
  const refused: unknown = await load(...issuers).catch((error: unknown) => error);
  expect(refused).toMatchObject({
    code: 'config-invalid',
    fields: expect.arrayContaining([
      expect.objectContaining({ field: expect.stringMatching(new RegExp(`(^|#)/identity/issuers/${field}$`)) as unknown }),
    ]) as unknown,
  });
});

it('An ambiguity is told with the issuer that it is about and a remedy', async () => {
  await expect(load({ issuer: ONE, tenants: ['a'] }, { issuer: TWO, tenants: ['a'] })).rejects.toMatchObject({
    message: expect.stringContaining(`names a, for which the issuer ${ONE} speaks already`) as string,
    fix: 'Leave the tenant to one of the two.',
  });
  await expect(load({ issuer: ONE, tenants: '*' }, { issuer: TWO, tenants: ['a'] })).rejects.toMatchObject({
    fix: 'Name its tenants, or say `others`: every tenant that no other issuer names.',
  });
});

it('Issuers whose tenants nobody shares are taken, with the addresses that discovery is to find left out', async () => {
  const found = { discovery: true, jwks_uri: undefined, revocation: { mode: 'every-request', client_secret_file: 'secret' } };
  const issuers = await load(
    { issuer: ONE, tenants: 'others' },
    { issuer: TWO, tenants: ['a'], ...found },
    { issuer: `${TWO}/realm`, tenants: ['b'] },
  );
  expect(issuers.map(({ issuer, discovery, algorithms }) => ({ issuer, discovery, algorithms }))).toEqual([
    { issuer: ONE, discovery: false, algorithms: ['ES256'] },
    { issuer: TWO, discovery: true, algorithms: ['ES256'] },
    { issuer: `${TWO}/realm`, discovery: false, algorithms: ['ES256'] },
  ]);
});

it('An issuer to whom the KMS proves itself by its certificate has no secret', async () => {
  const [issuer] = await load({ issuer: ONE, revocation: { ...ASKED, authentication: 'tls_client_auth' } });
  expect(issuer?.revocation).toMatchObject({ authentication: 'tls_client_auth', client_id: 'passthru-kms' });
  expect(issuer?.revocation).not.toHaveProperty('client_secret_file');
});
