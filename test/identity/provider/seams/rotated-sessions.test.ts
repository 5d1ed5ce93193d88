import type { AdapterFactory, Provider } from 'oidc-provider';
import { expect, test } from 'vitest';
import { forgetRotatedSessions } from '#identity/provider/seams/rotated-sessions.ts';
import { startBareProvider } from './bare-provider.ts';

type Saved = InstanceType<Provider['Session']> & { save(ttl: number): Promise<unknown>; resetIdentifier(): void };

/** What the adapter is asked for a session that gets a new id twice, and then ends. */
const asked = async (install: (provider: Provider) => void): Promise<readonly string[]> => {
  const calls: string[] = [];
  const adapter = ((model: string) =>
    Object.fromEntries(
      ['upsert', 'find', 'findByUid', 'findByUserCode', 'consume', 'destroy', 'forget', 'revokeByGrantId'].map((name) => [
        name,
        async (id: string) => void calls.push(`${name} ${model} ${id}`),
      ]),
    )) as unknown as AdapterFactory;
  await using bare = await startBareProvider({ configuration: { adapter }, install });
  const session = new bare.provider.Session() as Saved;
  session.jti = 'one';
  await session.save(60);
  for (const id of ['two', 'three']) {
    session.resetIdentifier();
    session.jti = id;
    await session.save(60);
  }
  await session.destroy();
  return calls;
};

test('oidc-provider deletes the session under its old id as it does at a log-out', async () => {
  expect(await asked(() => {})).toEqual([
    'upsert Session one',
    'destroy Session one',
    'upsert Session two',
    'destroy Session two',
    'upsert Session three',
    'destroy Session three',
  ]);
});

test('with the seam it is forgotten before it is saved under the new one, once, and a log-out is as before', async () => {
  expect(await asked(forgetRotatedSessions)).toEqual([
    'upsert Session one',
    'forget Session one',
    'upsert Session two',
    'forget Session two',
    'upsert Session three',
    'destroy Session three',
  ]);
});
