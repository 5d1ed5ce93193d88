import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { foldersInKnots } from '#test/knots.ts';
import { type Import, readImportsBelow } from '#test/support/imports.ts';
import { MAY_SEE, ONLY_IN, wallsBroken } from '#test/walls.ts';

const ROOT = join(import.meta.dirname, '..');

/** A house that breaks every rule on purpose. */
const FIXTURE = join(ROOT, 'test/fixtures/architecture');
const PACKAGES = 'src/client/packages.ts';

const [house, fixture] = [await readImportsBelow(ROOT), await readImportsBelow(FIXTURE)];

/**
 * The floors of each room, from the top down. A floor is a list of folders or files, relative to the room; a file stands on the floor of
 * the longest entry that it lies below. It may import from its own entry and from the floors below it: never from above, and never
 * from another entry of its own floor. Every file of a room stands on one of them.
 */
const FLOORS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  infra: [
    ['demo-data/resets'],
    ['demo-data'],
    ['http/server', 'http/client', 'database/open'],
    ['http', 'database/postgres', 'database/sqlite'],
    ['http/request'],
    ['database/common'],
    ['database'],
    ['process/workers'],
    ['process', 'telemetry/sdk'],
    ['telemetry'],
    ['secrets/attempts'],
    ['secrets', 'tls/authority'],
    ['tls'],
    ['evidence/bundle', 'evidence/verifier-text.ts'],
    ['evidence'],
    ['workers'],
    ['jobs', 'config', 'files', 'lines', 'audit', 'security-events'],
    ['html', 'cache', 'json', 'magic', 'apperr'],
  ],
  kms: [
    ['main.ts'],
    ['server.ts'],
    ['public-app.ts', 'jobs-of-tenants.ts'],
    ['config.ts'],
    ['admin'],
    ['demo', 'pages'],
    ['pages/views'],
    ['access/guard'],
    ['access/code-flow'],
    ['access/sessions'],
    ['access/users'],
    ['access/realms', 'access/tokens', 'access/api-keys'],
    ['access/api-keys/credential'],
    ['access/federation'],
    ['access/bindings'],
    ['access/feed'],
    ['access'],
    ['keys', 'tenants/administration'],
    ['keys/operations', 'keys/life-cycle', 'keys/transfer', 'keys/rewrapping', 'keys/rotation'],
    ['keys/admission'],
    ['keys/grants'],
    ['keys/key-ring'],
    ['keys/material-keys'],
    ['keys/elastic-keys'],
    ['audit'],
    ['audit/reading'],
    ['audit/chain'],
    ['idempotency'],
    ['tenants'],
    ['barrier'],
    ['barrier/hierarchy'],
    ['api'],
    ['action.ts'],
    ['caller.ts'],
    ['claims.ts', 'rights'],
    ['integrity'],
    ['integrity/ledger'],
    ['jose/transport'],
    ['jose/received'],
    ['jose/received/checks'],
    ['jose/received/forms'],
    ['database', 'jose', 'events.ts'],
    ['jose/families'],
    ['jose/encoding'],
  ],
  identity: [
    ['main.ts'],
    ['server.ts'],
    ['public-listener.ts'],
    ['config.ts'],
    ['admin', 'demo', 'feed', 'introspection', 'pages', 'registration'],
    ['provider'],
    ['provider/direct'],
    ['provider/features/grants', 'provider/features/tokens'],
    ['provider/interactions', 'provider/features'],
    ['provider/store'],
    ['provider/seams'],
    ['provider/records'],
    ['secrets.ts', 'factors'],
    ['clients/administration', 'clients/registration'],
    ['accounts', 'clients', 'keys', 'logouts', 'outgoing', 'revocations'],
    ['clients/security', 'resource-servers'],
    ['views', 'database', 'events.ts', 'fields.ts'],
  ],
  engine: [
    ['docker', 'embedded'],
    ['embedded/faults'],
    ['docker/output', 'embedded/children'],
    ['docker/containers', 'embedded/files'],
    ['docker/images'],
    ['docker/compose', 'docker/api', 'files/prod', 'faults'],
    ['docker/project', 'docker/connection', 'embedded/otlp-sink', 'files/mounts'],
    ['files', 'doors.ts'],
    ['endpoints.ts', 'attempt.ts', 'otlp-records.ts'],
    ['ports.ts', 'state', 'stack-engine.ts'],
    ['fault-door.ts'],
    ['engine.ts'],
  ],
  client: [['kms', 'identity', 'admin'], ['browser'], ['session', 'problem.ts']],
  demo: [
    ['evidence/bundle'],
    ['reset.ts', 'to-report.ts', 'junit', 'drills'],
    ['run.ts', 'report.ts'],
    ['plan.ts'],
    ['steps.ts'],
    ['drills/each'],
    ['drills/kit'],
    ['drills/load'],
    ['flows/identity', 'flows/kms', 'flows/integration', 'seed', 'health/bring-up'],
    ['health', 'world'],
    ['step'],
    ['history'],
    ['evidence'],
    ['evidence/redact'],
    ['outcome.ts', 'side-by-side.ts'],
    ['events.ts', 'phase-title.ts', 'refusal.ts', 'traces'],
  ],
  stack: [
    ['prepare-stack.ts', 'prepare-prod-stack.ts', 'ephemeral', 'doctor', 'stack-outlook.ts'],
    ['open-stack.ts', 'admin-of-stack.ts'],
    ['claims', 'snapshot'],
    [
      'engine',
      'compose-starts.ts',
      'lock.ts',
      'ports.ts',
      'tear-down.ts',
      'end-of-stack.ts',
      'compose-secrets.ts',
      'tell-of-faults.ts',
      'trust',
      'evidence',
    ],
    ['record', 'find-state-folder.ts'],
    ['stack.ts', 'stack-options.ts', 'compose-variables.ts'],
    ['#infra/process/package-root.ts', 'ca-bundle.ts', 'snapshot/format'],
  ],
  testing: [
    ['index.ts'],
    ['passthru-container.ts'],
    ['start-stack.ts', 'holder'],
    ['holder-process.ts', 'trusting-fetch.ts', 'option-rules.ts'],
    ['protocol.ts', 'program.ts', 'check-options.ts'],
    ['stack-error.ts', 'test-stack.ts', 'nearest.ts'],
  ],
  cli: [
    ['main.ts'],
    ['commands'],
    ['run-files'],
    ['context', 'environment'],
    ['command-line'],
    ['reporters'],
    ['reporters/lines', 'reporters/page'],
    ['reporters/terminal'],
    ['documents'],
    ['settings'],
    ['shell', 'process'],
  ],
};

/** The entry of a room's floors that a file lies below, and how far from the top it is; null for a file on no floor. */
const placeOf = (file: string, floors: readonly (readonly string[])[]): { readonly entry: string; readonly floor: number } | null => {
  const path = file.split('/').slice(2).join('/');
  const places = floors.flatMap((entries, floor) =>
    entries.filter((entry) => path === entry || path.startsWith(`${entry}/`)).map((entry) => ({ entry, floor })),
  );
  return places.toSorted((a, b) => b.entry.length - a.entry.length)[0] ?? null;
};

const isIn = (file: string | null, room: string): boolean => file?.startsWith(`src/${room}/`) === true;

const floorsBroken = (imports: readonly Import[], room: string, floors: readonly (readonly string[])[]): readonly string[] => {
  const own = imports.filter(({ file }) => isIn(file, room));
  const homeless = [...new Set(own.map(({ file }) => file))]
    .filter((file) => placeOf(file, floors) === null)
    .map((file) => `${file} stands on no floor`);
  const broken = own.flatMap(({ file, specifier, target }) => {
    if (target === null || !isIn(target, room)) return [];
    const [from, to] = [placeOf(file, floors), placeOf(target, floors)];
    if (from === null || to === null || from.entry === to.entry || from.floor < to.floor) return [];
    return [`${file}: ${specifier} lies ${from.floor === to.floor ? `beside ${from.entry}` : `above ${from.entry}`}`];
  });
  return [...homeless, ...broken];
};

describe('The floors inside the rooms', () => {
  for (const [room, floors] of Object.entries(FLOORS)) {
    it(`hold in ${room}: imports go downwards only, and no folders form a knot`, () => {
      expect(floorsBroken(house.imports, room, floors)).toEqual([]);
      expect(foldersInKnots(house.imports, room)).toEqual([]);
    });
  }

  it('exist for every room', async () => {
    expect(Object.keys(FLOORS).toSorted()).toEqual(await roomsBelow(ROOT));
  });

  it('are seen to be broken in the fixture that breaks each kind', () => {
    const floors = [['admin'], ['keys', 'tenants'], ['jose']];
    expect(floorsBroken(fixture.imports, 'kms', floors).toSorted()).toEqual([
      'src/kms/jose/upwards.ts: #kms/admin/admin.ts lies above jose',
      'src/kms/keys/sideways.ts: #kms/tenants/tenant.ts lies beside keys',
      'src/kms/tokens/hidden.ts stands on no floor',
      'src/kms/tokens/peek.ts stands on no floor',
    ]);
    expect(foldersInKnots(fixture.imports, 'kms')).toEqual([['src/kms/admin', 'src/kms/jose']]);
  });
});

const roomsBelow = async (root: string): Promise<readonly string[]> => (await readdir(join(root, 'src'))).toSorted();

const roomsWithoutWalls = async (root: string): Promise<readonly string[]> =>
  (await roomsBelow(root)).filter((room) => MAY_SEE[room] === undefined);

describe('The walls between the rooms', () => {
  it('hold everywhere in src', () => {
    expect(house.imports.length).toBeGreaterThan(100);
    expect(wallsBroken(house.imports, house.hidden)).toEqual([]);
  });

  it('stand around every room', async () => {
    expect(await roomsWithoutWalls(ROOT)).toEqual([]);
    expect(await roomsWithoutWalls(FIXTURE)).toEqual(['newroom']);
  });

  it('are seen to be broken in the fixture that breaks each kind', () => {
    const imports = fixture.imports.filter(({ file }) => file !== PACKAGES);
    expect(wallsBroken(imports, fixture.hidden).toSorted()).toEqual(
      [
        'src/cli/commands/peek.ts: #engine/docker/docker.ts is nothing that cli may see from here',
        'src/cli/commands/peek.ts: #kms/main.ts is nothing that cli may see from here',
        'src/cli/commands/serve.ts: #kms/server.ts is nothing that cli may see from here',
        'src/demo/peek.ts: #engine/state/lock.ts is nothing that demo may see from here',
        'src/kms/tokens/hidden.ts: createRequire hides which module it loads',
        'src/kms/tokens/hidden.ts: createRequire hides which module it loads',
        "src/kms/tokens/hidden.ts: 'getBuiltinModule' hides which module it loads",
        'src/kms/tokens/hidden.ts: getBuiltinModule hides which module it loads',
        "src/kms/tokens/hidden.ts: import('file:///accounts/account.ts') hides which module it loads",
        'src/kms/tokens/hidden.ts: import(name) hides which module it loads',
        'src/kms/tokens/peek.ts: #identity/accounts/account.ts is nothing that kms may see from here',
        'src/kms/tokens/peek.ts: #identity/accounts/lazy.ts is nothing that kms may see from here',
        'src/kms/tokens/peek.ts: #identity/accounts/starred.ts is nothing that kms may see from here',
        'src/kms/tokens/peek.ts: #identity/accounts/template.ts is nothing that kms may see from here',
        'src/kms/tokens/peek.ts: #identity/accounts/typed.ts is nothing that kms may see from here',
        'src/kms/tokens/peek.ts: #kms/tokens/hidden.ts lies in its own slice, import it relatively',
        'src/kms/tokens/peek.ts: ../../../../../knots.ts lies outside of src',
        'src/kms/tokens/peek.ts: ../../identity/accounts/account.ts leaves its room by a relative path',
        'src/kms/tokens/peek.ts: ../tenants/tenant.ts lies in another slice, import it with #',
      ].toSorted(),
    );
  });

  it('keep every package that belongs to one folder out of all others, and each of its files, too', () => {
    const imports = fixture.imports.filter(({ file }) => file === PACKAGES);
    const named = Object.keys(ONLY_IN).filter((name) => imports.some(({ specifier }) => specifier === name));
    expect(named).toEqual(Object.keys(ONLY_IN));
    expect(imports).toHaveLength(2 * named.length);
    const refused = wallsBroken(imports, []).map((sentence) => sentence.replace(/ is for .* only$/, ''));
    expect(refused).toEqual(imports.map(({ file, specifier }) => `${file}: ${specifier}`));
  });
});

/** Files of the Docker engine that a test imports from another folder than the one that mirrors it: they may change at any time. */
const insidesPinned = (imports: readonly Import[]): readonly string[] =>
  imports
    .filter(({ file, target }) => isIn(target, 'engine/docker') && !file.startsWith('test/engine/docker/'))
    .map(({ file, specifier }) => `${file}: ${specifier}`);

describe('Tests', () => {
  it('outside of its own folder import nothing of the Docker engine', async () => {
    const { imports } = await readImportsBelow(ROOT, 'test');
    const tests = imports.filter(({ file }) => !file.startsWith('test/fixtures/'));
    expect(tests.filter(({ target }) => isIn(target, 'engine/docker'))).not.toEqual([]);
    expect(insidesPinned(tests)).toEqual([]);
  });

  it('are seen to import it in the fixture', () => {
    expect(insidesPinned(fixture.imports)).toEqual(['src/cli/commands/peek.ts: #engine/docker/docker.ts']);
  });
});

/** `<file> <the statement>` of everything in the fixture that breaks a rule of lint. */
const lintedFixture = async (rule: string): Promise<readonly string[]> => {
  const oxlint = join(ROOT, 'node_modules/oxlint/bin/oxlint');
  const stdout = await new Promise<string>((resolve) => {
    // It ends with 1 where it finds something; the answer is what counts.
    execFile(process.execPath, [oxlint, '--config', 'lint.config.ts', '--format', 'json'], { cwd: FIXTURE }, (_error, text) =>
      resolve(text),
    );
  });
  const { diagnostics } = JSON.parse(stdout) as {
    readonly diagnostics: readonly {
      readonly code: string;
      readonly filename: string;
      readonly labels: readonly { readonly span: { readonly offset: number; readonly length: number } }[];
    }[];
  };
  const broken = diagnostics.filter(({ code }) => code === rule);
  const places = broken.map(async ({ filename, labels }) => {
    const text = await readFile(join(FIXTURE, filename));
    const { offset = 0, length = 0 } = labels[0]?.span ?? {};
    const statement = text.subarray(offset, offset + length).toString();
    return `${filename} ${/'([^']+)'/.exec(statement)?.[1] ?? statement}`;
  });
  return (await Promise.all(places)).toSorted();
};

describe('Lint', () => {
  it('sees the walls broken in the same fixture', async () => {
    const packages = fixture.imports.filter(({ file }) => file === PACKAGES);
    expect(await lintedFixture('eslint(no-restricted-imports)')).toEqual(
      [
        ...packages.map(({ file, specifier }) => `${file} ${specifier}`),
        'src/cli/commands/peek.ts #engine/docker/docker.ts',
        'src/cli/commands/peek.ts #kms/main.ts',
        'src/cli/commands/serve.ts #kms/server.ts',
        'src/demo/peek.ts #engine/state/lock.ts',
        'src/kms/tokens/peek.ts #identity/accounts/account.ts',
        'src/kms/tokens/peek.ts #identity/accounts/lazy.ts',
        'src/kms/tokens/peek.ts #identity/accounts/starred.ts',
      ].toSorted(),
    );
  });

  it('sees a circle of files, one of types alone, too', async () => {
    expect(await lintedFixture('import(no-cycle)')).toEqual([
      'src/kms/admin/admin.ts #kms/jose/upwards.ts',
      'src/kms/jose/upwards.ts #kms/admin/admin.ts',
    ]);
  });
});
