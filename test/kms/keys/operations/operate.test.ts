import { randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { FineScope } from '#infra/magic/magic.ts';
import type { Attributes } from '#infra/telemetry/telemetry.ts';
import { FINE_SCOPES } from '#kms/access/scopes.ts';
import type { Act, Target } from '#kms/action.ts';
import { type Caller, serviceCaller } from '#kms/caller.ts';
import type { TenantTables } from '#kms/database/tenant-tables.ts';
import type { Answered, Idempotency, Turn } from '#kms/idempotency/idempotency.ts';
import { USUAL_QUOTAS } from '#kms/keys/elastic-keys/quotas.ts';
import { createElasticKeyService } from '#kms/keys/elastic-keys/elastic-key.service.ts';
import { createKeyRing } from '#kms/keys/key-ring/create-key-ring.ts';
import { firstVersionMaker } from '#kms/keys/material-keys/first-version.ts';
import { createSlowKeys } from '#kms/keys/material-keys/slow-keys.ts';
import { countActs } from '#kms/keys/operations/count-acts.ts';
import { createCryptography } from '#kms/keys/operations/cryptography.ts';
import { createDoor, type DoorOptions } from '#kms/keys/operations/operate.ts';
import { actsOnKey } from '#test/kms/support/acts-on-key.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { insufficientScope, testCaller } from '#test/support/kms-caller.ts';
import { type TestKms, testKms } from '#test/support/kms-keys.ts';

const bytes = () => new TextEncoder().encode(randomUUIDv7());
const name = () => `key-${randomUUIDv7()}`;

/** Every act on keys, each with the scope that it takes. */
const actsOn = (kms: TestKms, id: string): readonly [FineScope, (caller: Caller) => Promise<unknown>][] => [
  ['kms:elastic-keys:create', (caller) => kms.elasticKeys.create(caller, { name: name(), algorithm: 'ES256' })],
  ['kms:elastic-keys:read', (caller) => kms.elasticKeys.list(caller)],
  ...actsOnKey(kms).map(([scope, act]): [FineScope, (caller: Caller) => Promise<unknown>] => [scope, (caller) => act(caller, id)]),
];

const refusal = (promise: Promise<unknown>): Promise<string | undefined> =>
  promise.then(
    () => undefined,
    (error: { readonly code?: string }) => error.code,
  );

/** Services over the same databases, with more of a door. */
const behindDoor = ({ barrier, rows, clock }: TestKms, more: Pick<DoorOptions, 'audit' | 'idempotency' | 'emit'>) => {
  const now = () => clock.now;
  const ring = createKeyRing({ barrier, rows, elapsed: () => clock.elapsed });
  const { operate, admit } = createDoor({ barrier, rows, ring, insufficientScope, ...more });
  return {
    admit,
    elasticKeys: createElasticKeyService({
      operate,
      makeFirstVersion: firstVersionMaker({ slowKeys: createSlowKeys(), barrier, rows }),
      quotas: USUAL_QUOTAS,
      now,
    }),
    crypto: createCryptography({ operate, now }),
  };
};

/** Remembers the answer to each request of a caller. */
const remembering = (): Idempotency & { isBroken: boolean } => {
  const answers = new Map<string, Answered<unknown, Target | null>>();
  const memory = {
    isBroken: false,
    beginInService: () => null,
    begin: (caller: Caller): Turn<TenantTables, Target | null> => {
      const id = caller.request?.id ?? '';
      return {
        replay: async <A>() => answers.get(id) as Answered<A, Target | null> | undefined,
        claim: async () => {},
        remember: async (_tx, answered) => {
          if (memory.isBroken) throw new Error('broken');
          answers.set(id, answered);
        },
        [Symbol.dispose]: () => {},
      };
    },
  };
  return memory;
};

const told = (acts: readonly Act[]) =>
  acts.map(({ action, outcome, target, materialKeyId }) => [action.name, outcome, target, materialKeyId]);

describe.each(databaseKinds())('The door to keys on %s', (kind) => {
  it('admits to each act whoever holds its scope, and nobody else', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { id } = await kms.make('A256GCM/A256KW');
    const { tenant } = kms.caller;
    for (const [scope, act] of actsOn(kms, id)) {
      expect(await refusal(act(testCaller(tenant, FINE_SCOPES.difference(new Set([scope]))))), scope).toBe('scope-insufficient');
      expect(await refusal(act(testCaller(tenant, new Set([scope])))), scope).not.toBe('scope-insufficient');
    }
  });

  it('says that the KMS is sealed only to callers who hold the scope', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { id } = await kms.make('A256GCM/A256KW');
    kms.barrier.seal();
    for (const [scope, act] of actsOn(kms, id)) {
      expect(await refusal(act(kms.caller)), scope).toBe('sealed');
      expect(await refusal(act(testCaller(kms.caller.tenant, new Set()))), scope).toBe('scope-insufficient');
    }
  });

  it('lets the service itself seed keys, and do nothing else with them', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const seeder = serviceCaller(kms.caller.tenant, 'demo-seed');
    const { id } = await kms.elasticKeys.create(seeder, { name: name(), algorithm: 'A256GCM/A256KW' });
    expect((await kms.elasticKeys.list(seeder)).items).toMatchObject([{ id }]);
    expect(await refusal(kms.crypto.encrypt(seeder, id, { plaintext: bytes() }))).toBe('scope-insufficient');
    expect(await refusal(kms.materialKeys.rotate(seeder, id))).toBe('scope-insufficient');
  });

  it('tells of every act once it is over: who did what to which key and version, and what came of it', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const acts: Act[] = [];
    const { elasticKeys, crypto } = behindDoor(kms, { emit: (act) => void acts.push(act) });
    const { caller } = kms;
    const key = await elasticKeys.create(caller, { name: name(), algorithm: 'A256GCM/A256KW' });
    const target = { elasticKeyId: key.id };
    const { materialKeyId } = await crypto.encrypt(caller, key.id, { plaintext: bytes() });
    await crypto.decrypt(caller, key.id, { jwe: 'x' }).catch(() => {});
    await elasticKeys.list(caller);
    await elasticKeys.change(caller, key.id, { state: 'suspended' });
    kms.barrier.seal();
    await elasticKeys.read(caller, key.id).catch(() => {});
    expect(told(acts)).toEqual([
      ['elastic-key.create', 'done', target, null],
      ['encrypt', 'done', target, materialKeyId],
      ['decrypt', 'refused', target, null],
      ['elastic-key.list', 'done', null, null],
      ['elastic-key.change', 'done', target, null],
      ['elastic-key.read', 'failed', target, null],
    ]);
    expect(acts.every((act) => act.caller === caller)).toBe(true);
  });

  it('tells of the id of a key that was asked for by name, and of none where nothing has the name', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const acts: Act[] = [];
    const { elasticKeys, crypto } = behindDoor(kms, { emit: (act) => void acts.push(act) });
    const key = await kms.make('A256GCM/A256KW');
    const target = { elasticKeyId: key.id };
    const { materialKeyId } = await crypto.encrypt(kms.caller, key.name, { plaintext: bytes() });
    await elasticKeys.read(kms.caller, key.name);
    await elasticKeys.change(kms.caller, key.name, { state: 'suspended' });
    await crypto.encrypt(kms.caller, key.name, { plaintext: bytes() }).catch(() => {});
    await elasticKeys.read(kms.caller, name()).catch(() => {});
    await crypto.encrypt(kms.caller, name(), { plaintext: bytes() }).catch(() => {});
    expect(told(acts)).toEqual([
      ['encrypt', 'done', target, materialKeyId],
      ['elastic-key.read', 'done', target, null],
      ['elastic-key.change', 'done', target, null],
      ['encrypt', 'refused', target, null],
      ['elastic-key.read', 'refused', null, null],
      ['encrypt', 'refused', null, null],
    ]);
  });

  it('counts every act by action and outcome', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const counted: [string, number, Attributes | undefined][] = [];
    const counter = (metric: string) => (value: number, attributes?: Attributes) => void counted.push([metric, value, attributes]);
    const { crypto } = behindDoor(kms, { emit: countActs({ counter }) });
    const { id } = await kms.make('A256GCM/A256KW');
    await crypto.encrypt(kms.caller, id, { plaintext: bytes() });
    await crypto.sign(kms.caller, id, { payload: bytes() }).catch(() => {});
    expect(counted).toEqual([
      ['passthru.kms.acts', 1, { operation: 'encrypt', outcome: 'done' }],
      ['passthru.kms.acts', 1, { operation: 'sign', outcome: 'refused' }],
    ]);
  });

  it('changes nothing without the record that it begins, and answers nothing without the one of its end', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await kms.make('A256GCM/A256KW');
    const recorded: Act[] = [];
    let unwritten: Act['outcome'] = 'begun';
    const audit = {
      record: async (act: Act) => {
        recorded.push(act);
        if (act.outcome === unwritten) throw new Error('the disk is full');
      },
    };
    const { elasticKeys, crypto } = behindDoor(kms, { audit });
    await expect(elasticKeys.create(kms.caller, { name: name(), algorithm: 'ES256' })).rejects.toThrow('the disk is full');
    await expect(elasticKeys.change(kms.caller, key.id, { description: 'changed' })).rejects.toThrow('the disk is full');
    expect((await kms.elasticKeys.list(kms.caller)).items).toEqual([key]);
    unwritten = 'done';
    await expect(elasticKeys.change(kms.caller, key.id, { description: 'changed' })).rejects.toThrow('the disk is full');
    await expect(elasticKeys.read(kms.caller, key.id)).rejects.toThrow('the disk is full');
    await expect(crypto.encrypt(kms.caller, key.id, { plaintext: bytes() })).rejects.toThrow('the disk is full');
    // Nobody was told that it holds, and its record says that it began.
    expect((await kms.elasticKeys.list(kms.caller)).items).toMatchObject([{ description: 'changed' }]);
    expect(recorded.map(({ action, outcome, code }) => [action.name, outcome, code])).toEqual([
      ['elastic-key.create', 'begun', null],
      ['elastic-key.create', 'failed', 'internal-error'],
      ['elastic-key.describe', 'begun', null],
      ['elastic-key.describe', 'failed', 'internal-error'],
      ['elastic-key.describe', 'begun', null],
      ['elastic-key.describe', 'done', null],
      ['elastic-key.read', 'done', null],
      ['encrypt', 'done', null],
    ]);
  });

  it('records that a change begins while it holds no connection of the tenant', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await kms.make('A256GCM/A256KW');
    let isOpen = false;
    const seen: [Act['outcome'], boolean][] = [];
    const { elasticKeys } = behindDoor(kms, { audit: { record: async ({ outcome }) => void seen.push([outcome, isOpen]) } });
    const { tenant } = kms.caller;
    const database = await tenant.database();
    const watched: Caller = {
      ...kms.caller,
      tenant: {
        ...tenant,
        database: async () => ({
          ...database,
          transaction: async (run) => {
            isOpen = true;
            return database.transaction(run).finally(() => (isOpen = false));
          },
        }),
      },
    };
    await elasticKeys.change(watched, key.id, { description: 'changed' });
    expect(seen).toEqual([
      ['begun', false],
      ['done', false],
    ]);
  });

  it('tells of each act once, whatever fails', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await kms.make('A256GCM/A256KW');
    const acts: Act[] = [];
    const audit = { record: () => Promise.reject(new Error('the disk is full')) };
    const { elasticKeys, crypto } = behindDoor(kms, { audit, emit: (act) => void acts.push(act) });
    await elasticKeys.change(kms.caller, key.id, { state: 'suspended' }).catch(() => {});
    await elasticKeys.read(kms.caller, key.id).catch(() => {});
    await crypto.encrypt(kms.caller, key.id, { plaintext: bytes() }).catch(() => {});
    await elasticKeys.read(testCaller(kms.caller.tenant, new Set()), key.id).catch(() => {});
    expect(acts.map(({ action, outcome }) => [action.name, outcome])).toEqual([
      ['elastic-key.change', 'failed'],
      ['elastic-key.read', 'failed'],
      ['encrypt', 'failed'],
      ['elastic-key.read', 'refused'],
    ]);
  });

  it('says, where the record of a refusal cannot be written, what was refused as well', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { elasticKeys } = behindDoor(kms, { audit: { record: () => Promise.reject(new Error('the disk is full')) } });
    const refused = elasticKeys.read(testCaller(kms.caller.tenant, new Set()), randomUUIDv7());
    await expect(refused).rejects.toMatchObject({ message: 'the disk is full', cause: { code: 'scope-insufficient' } });
  });

  it('knows nothing of a change whose commit was not answered, and tells it so', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await kms.make('A256GCM/A256KW');
    const lost = new Error('the connection was lost');
    const acts: Act[] = [];
    const { elasticKeys, crypto } = behindDoor(kms, { emit: (act) => void acts.push(act) });
    await crypto.encrypt(kms.caller, key.id, { plaintext: bytes() });
    const { tenant } = kms.caller;
    const database = await tenant.database();
    const unanswered: Caller = {
      ...kms.caller,
      tenant: {
        ...tenant,
        database: async () => ({
          ...database,
          transaction: async (run) => {
            await database.transaction(run);
            throw lost;
          },
        }),
      },
    };
    await expect(elasticKeys.change(unanswered, key.id, { state: 'suspended' })).rejects.toBe(lost);
    expect(acts.map(({ action, outcome }) => [action.name, outcome])).toEqual([
      ['encrypt', 'done'],
      ['elastic-key.change', 'unknown'],
    ]);
    expect(await refusal(crypto.encrypt(kms.caller, key.id, { plaintext: bytes() }))).toBe('elastic-key-suspended');
  });

  it('tells of a caller who is not admitted, before anything else is known of the request', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const acts: Act[] = [];
    const { admit } = behindDoor(kms, { emit: (act) => void acts.push(act) });
    const target = { elasticKeyId: randomUUIDv7() };
    const action = { name: 'encrypt', scope: 'kms:encrypt', mode: 'use' } as const;
    await admit(testCaller(kms.caller.tenant, new Set(['kms:encrypt'])), action, target);
    expect(acts).toEqual([]);
    expect(await refusal(admit(testCaller(kms.caller.tenant, new Set()), action, target))).toBe('scope-insufficient');
    expect(told(acts)).toEqual([['encrypt', 'refused', target, null]]);
  });

  it('answers a request that comes again as before, and changes nothing twice', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const acts: Act[] = [];
    const memory = remembering();
    const { elasticKeys } = behindDoor(kms, { idempotency: memory, emit: (act) => void acts.push(act) });
    const input = { name: name(), algorithm: 'ES256' } as const;
    memory.isBroken = true;
    await expect(elasticKeys.create(kms.caller, input)).rejects.toThrow('broken');
    memory.isBroken = false;
    const made = await elasticKeys.create(kms.caller, input);
    expect(await elasticKeys.create(kms.caller, input)).toEqual(made);
    expect((await kms.elasticKeys.list(kms.caller)).items).toEqual([made]);
    expect(acts.slice(1).map(({ outcome, target }) => [outcome, target])).toEqual([
      ['done', { elasticKeyId: made.id }],
      ['done', { elasticKeyId: made.id }],
    ]);
  });

  it('answers a rename that comes again, although the key has its old name no more', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { elasticKeys } = behindDoor(kms, { idempotency: remembering() });
    const key = await kms.make('ES256');
    const renamed = await elasticKeys.change(kms.caller, key.name, { name: name() });
    expect(renamed.id).toBe(key.id);
    expect(await elasticKeys.change(kms.caller, key.name, { name: renamed.name })).toEqual(renamed);
  });

  it('forgets the key before it answers the repetition of a change: the process that made it may have died before it could', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const memory = remembering();
    const here = behindDoor(kms, { idempotency: memory });
    const another = behindDoor(kms, { idempotency: memory });
    const key = await kms.make('A256GCM/A256KW');
    await here.crypto.encrypt(kms.caller, key.id, { plaintext: bytes() });
    await another.elasticKeys.change(kms.caller, key.id, { state: 'suspended' });
    await here.elasticKeys.change(kms.caller, key.id, { state: 'suspended' });
    expect(await refusal(here.crypto.encrypt(kms.caller, key.id, { plaintext: bytes() }))).toBe('elastic-key-suspended');
  });
});
