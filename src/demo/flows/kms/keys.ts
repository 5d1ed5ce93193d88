import { randomUUIDv7 } from 'node:crypto';
import { keyApi } from '#client/kms/key.ts';
import { answered, from, list, hasSecretPart, stateOf, words } from '#demo/evidence/taken.ts';
import { withFlowKeys } from '#demo/world/flow-keys.ts';

/** A tenant administrator makes an elastic key, finds it again, and rotates it. */
export const run = withFlowKeys(async ({ check }, kms, keys) => {
  const wanted = { name: keys.newName(), algorithm: 'A256GCM/A256KW', description: 'made by the demo' } as const;
  const made = await kms.invoke('createElasticKey', { body: wanted });
  await check('created', 'A new elastic key has one version', 1, from(made).body('/latest_version'));
  await check('id', 'its id is a UUID version', 7, from(made).body('/id').uuidVersion);
  await check('state', 'its state', 'active', stateOf(made));

  await check(
    'read',
    'It can be read',
    from(made).body('/name'),
    kms.invoke('readElasticKey', { path: { id: made.id } }).then((read) => from(read).body('/name')),
  );
  await check(
    'found',
    'and found by its name',
    from(made).body('/id'),
    kms.elasticKeyNamed(made.name).then((found) =>
      from(found ?? {})
        .body('/id')
        .or('not found'),
    ),
  );
  await check(
    'name-taken',
    'Name taken',
    '409 elastic-key-name-taken',
    kms.call('POST', '/elastic-keys', { name: made.name, algorithm: made.algorithm }).then(answered),
  );
  await check(
    'unknown-algorithm',
    'Algorithm RSA1_5',
    '400 algorithm-unknown',
    kms.call('POST', '/elastic-keys', { name: keys.newName(), algorithm: 'RSA1_5' }).then(answered),
  );
  await check(
    'unknown-property',
    'Unknown property',
    '400 request-invalid',
    kms.call('POST', '/elastic-keys', { name: keys.newName(), algorithm: made.algorithm, tenant_id: randomUUIDv7() }).then(answered),
  );

  const key = keyApi(kms, made.id);
  await check(
    'material-key',
    'Its material key is version',
    1,
    key.versions().then(([first]) => from(first ?? {}).body('/version')),
  );
  const next = await key.rotate();
  await check('rotated', 'Rotation makes version', 2, from(next).body('/version'));
  const versions = key.versions().then((all) => list(all.map((each) => words(from(each).body('/version'), stateOf(each)))));
  await check('versions', 'Newest first, one active', ['2 active', '1 deactivated'], versions);
  const shown = await kms.invoke('readMaterialKey', { path: { id: made.id, kid: next.id } });
  await check('material-key-read', 'A material key can be read, version', 2, from(shown).body('/version'));
  await check('no-secret', 'Secret key parts in what is shown', 'none', hasSecretPart(shown, '', '/public_jwk').choose('some', 'none'));
  await check('missing', 'Missing key', '404 elastic-key-not-found', kms.call('GET', `/elastic-keys/${randomUUIDv7()}`).then(answered));
  return 'create · read · find · list · rotate';
});
