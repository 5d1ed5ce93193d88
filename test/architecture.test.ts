import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { foldersInKnots } from '#test/knots.ts';
import { type Import, importsBelow } from '#test/support/imports.ts';

const ROOT = join(import.meta.dirname, '..');

/** Which rooms a room may import, itself apart. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  infra: [],
  kms: ['infra'],
  identity: ['infra'],
  engine: ['infra'],
  client: ['infra'],
  demo: ['infra', 'engine', 'client'],
  stack: ['infra', 'engine'],
  cli: ['infra', 'demo', 'client', 'engine', 'stack', 'kms', 'identity'],
};

/** The only folders that may import a package. */
const ONLY_IN: Readonly<Record<string, readonly string[]>> = {
  'oidc-provider': ['src/identity/provider/'],
  dockerode: ['src/engine/docker/'],
  execa: ['src/engine/docker/', 'src/engine/embedded/'],
  'node:sqlite': ['src/infra/database/'],
  pg: ['src/infra/database/'],
  ora: ['src/cli/reporters/'],
  chalk: ['src/cli/reporters/'],
};

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
    ['database/common'],
    ['database'],
    ['process', 'telemetry/sdk'],
    ['telemetry'],
    ['secrets/attempts'],
    ['secrets', 'tls/authority'],
    ['tls'],
    ['jobs', 'config', 'files', 'lines'],
    ['html', 'cache', 'magic', 'apperr'],
  ],
  kms: [
    ['main.ts'],
    ['server.ts'],
    ['config.ts'],
    ['admin'],
    ['demo'],
    ['access/guard'],
    ['access/realms', 'access/tokens'],
    ['access'],
    ['keys'],
    ['keys/operations'],
    ['keys/key-ring'],
    ['keys/material-keys'],
    ['keys/elastic-keys'],
    ['tenants'],
    ['barrier'],
    ['api'],
    ['action.ts'],
    ['caller.ts'],
    ['database', 'jose', 'events.ts'],
    ['jose/families'],
  ],
  identity: [
    ['main.ts'],
    ['server.ts'],
    ['config.ts'],
    ['admin', 'demo', 'pages'],
    ['provider'],
    ['provider/features/grants', 'provider/features/tokens'],
    ['provider/interactions', 'provider/features'],
    ['provider/store'],
    ['provider/seams'],
    ['provider/records'],
    ['secrets.ts'],
    ['accounts', 'clients', 'keys'],
    ['resource-servers'],
    ['views', 'database', 'events.ts'],
  ],
  engine: [
    ['docker', 'embedded'],
    ['docker/output', 'embedded/children'],
    ['docker/containers', 'embedded/files'],
    ['docker/images'],
    ['docker/compose', 'docker/api'],
    ['docker/project', 'docker/connection', 'embedded/otlp-sink', 'files/mounts'],
    ['files'],
    ['endpoints.ts', 'attempt.ts', 'otlp-records.ts'],
    ['ports.ts', 'state', 'stack-engine.ts'],
    ['engine.ts'],
  ],
  client: [['kms', 'identity', 'admin'], ['browser'], ['session', 'problem.ts']],
  demo: [
    ['reset.ts', 'to-report.ts'],
    ['run.ts', 'report.ts'],
    ['plan.ts'],
    ['steps.ts'],
    ['flows/identity', 'flows/kms', 'flows/integration', 'seed', 'health/bring-up'],
    ['health', 'world'],
    ['step'],
    ['outcome.ts'],
    ['events.ts'],
  ],
  stack: [
    ['prepare-stack.ts'],
    ['open-stack.ts'],
    ['engine', 'compose-starts.ts', 'lock.ts', 'ports.ts', 'tear-down.ts'],
    ['record', 'find-state-folder.ts'],
    ['stack.ts', 'stack-options.ts', 'package-root.ts'],
  ],
  cli: [
    ['main.ts'],
    ['commands'],
    ['context'],
    ['command-line'],
    ['reporters'],
    ['reporters/lines'],
    ['reporters/terminal'],
    ['documents'],
    ['settings'],
    ['shell', 'process'],
  ],
};

const roomOf = (path: string): string => path.split('/')[1] ?? '';

/** `src/kms/tokens/x.ts` → `tokens`; a file that stands directly in its room belongs to no slice. */
const sliceOf = (path: string): string | null => (path.split('/').length > 3 ? (path.split('/')[2] ?? null) : null);

const wrongWithinRoom = (file: string, specifier: string, target: string): readonly string[] => {
  const [from, to] = [sliceOf(file), sliceOf(target)];
  const isOwn = from === to;
  if (isOwn && from !== null && specifier.startsWith('#')) return [`${file}: ${specifier} lies in its own slice, import it relatively`];
  if (!isOwn && from !== null && to !== null && specifier.startsWith('.'))
    return [`${file}: ${specifier} lies in another slice, import it with #`];
  return [];
};

const wallsBroken = (imports: readonly Import[]): readonly string[] =>
  imports.flatMap(({ file, specifier, target }) => {
    const owners = ONLY_IN[specifier];
    if (owners !== undefined && !owners.some((owner) => file.startsWith(owner)))
      return [`${file}: ${specifier} is for ${owners.join(', ')} only`];
    if (target === null) return [];
    const [from, to] = [roomOf(file), roomOf(target)];
    if (from === to) return wrongWithinRoom(file, specifier, target);
    if (!specifier.startsWith('#')) return [`${file}: ${specifier} leaves its room by a relative path`];
    return MAY_IMPORT[from]?.includes(to) === true ? [] : [`${file}: ${from} may not import ${to} (${specifier})`];
  });

/** The one file that may see the servers: it starts them. */
const SERVE = 'src/cli/commands/serve.ts';

/** demo/ and cli/ know an engine by its interface only. */
const enginesSeen = (imports: readonly Import[]): readonly string[] =>
  imports
    .filter(({ file, target }) => {
      const knowsInterface = ['demo', 'cli'].includes(roomOf(file)) && file !== SERVE;
      return knowsInterface && target?.startsWith('src/engine/') === true && target !== 'src/engine/engine.ts';
    })
    .map(({ file, specifier }) => `${file}: ${specifier} is more of the engine than its interface`);

/** cli/ sees the servers in one file only. */
const serversSeen = (imports: readonly Import[]): readonly string[] =>
  imports
    .filter(({ file, target }) => roomOf(file) === 'cli' && file !== SERVE && ['kms', 'identity'].includes(roomOf(target ?? '')))
    .map(({ file, specifier }) => `${file}: ${specifier} is a server, which only ${SERVE} may see`);

/** The entry of a room's floors that a file lies below, and how far from the top it is; null for a file on no floor. */
const placeOf = (file: string, floors: readonly (readonly string[])[]): { readonly entry: string; readonly floor: number } | null => {
  const path = file.split('/').slice(2).join('/');
  const places = floors.flatMap((entries, floor) =>
    entries.filter((entry) => path === entry || path.startsWith(`${entry}/`)).map((entry) => ({ entry, floor })),
  );
  return places.toSorted((a, b) => b.entry.length - a.entry.length)[0] ?? null;
};

const floorsBroken = (imports: readonly Import[], room: string, floors: readonly (readonly string[])[]): readonly string[] => {
  const own = imports.filter(({ file }) => roomOf(file) === room);
  const homeless = [...new Set(own.map(({ file }) => file))]
    .filter((file) => placeOf(file, floors) === null)
    .map((file) => `${file} stands on no floor`);
  const broken = own.flatMap(({ file, specifier, target }) => {
    if (target === null || roomOf(target) !== room) return [];
    const [from, to] = [placeOf(file, floors), placeOf(target, floors)];
    if (from === null || to === null || from.entry === to.entry || from.floor < to.floor) return [];
    return [`${file}: ${specifier} lies ${from.floor === to.floor ? `beside ${from.entry}` : `above ${from.entry}`}`];
  });
  return [...homeless, ...broken];
};

describe('The floors inside the rooms', () => {
  for (const [room, floors] of Object.entries(FLOORS)) {
    it(`hold in ${room}: imports go downwards only, and no folders form a knot`, async () => {
      const imports = await importsBelow(ROOT);
      expect(floorsBroken(imports, room, floors)).toEqual([]);
      expect(foldersInKnots(imports, room)).toEqual([]);
    });
  }

  it('exist for every room', () => {
    expect(Object.keys(FLOORS).toSorted()).toEqual(Object.keys(MAY_IMPORT).toSorted());
  });

  it('are seen to be broken in the fixture that breaks each kind', async () => {
    const imports = await importsBelow(join(ROOT, 'test/fixtures/architecture'));
    const floors = [['admin'], ['keys', 'tenants'], ['jose']];
    expect(floorsBroken(imports, 'kms', floors).toSorted()).toEqual([
      'src/kms/jose/upwards.ts: #kms/admin/admin.ts lies above jose',
      'src/kms/keys/sideways.ts: #kms/tenants/tenant.ts lies beside keys',
      'src/kms/tokens/peek.ts stands on no floor',
    ]);
    expect(foldersInKnots(imports, 'kms')).toEqual([['src/kms/admin', 'src/kms/jose']]);
  });
});

describe('The walls between the rooms', () => {
  it('hold everywhere in src', async () => {
    const imports = await importsBelow(ROOT);
    expect(imports.length).toBeGreaterThan(100);
    expect([...wallsBroken(imports), ...enginesSeen(imports), ...serversSeen(imports)]).toEqual([]);
  });

  it('are seen to be broken in the fixture that breaks each kind', async () => {
    const imports = await importsBelow(join(ROOT, 'test/fixtures/architecture'));
    const broken = [...wallsBroken(imports), ...enginesSeen(imports), ...serversSeen(imports)];
    expect(broken.toSorted()).toEqual([
      'src/cli/commands/peek.ts: #engine/docker/docker.ts is more of the engine than its interface',
      'src/cli/commands/peek.ts: #kms/main.ts is a server, which only src/cli/commands/serve.ts may see',
      'src/kms/tokens/peek.ts: ../../identity/accounts/account.ts leaves its room by a relative path',
      'src/kms/tokens/peek.ts: kms may not import identity (#identity/accounts/account.ts)',
      'src/kms/tokens/peek.ts: node:sqlite is for src/infra/database/ only',
      'src/kms/tokens/peek.ts: oidc-provider is for src/identity/provider/ only',
    ]);
  });

  it('stand in the lint configuration for every room, too', async () => {
    const lint = JSON.parse(await readFile(join(ROOT, '.oxlintrc.json'), 'utf8')) as {
      overrides: { files: string[]; rules: Record<string, unknown> }[];
    };
    const walled = lint.overrides
      .filter((override) => override.rules['no-restricted-imports'] !== undefined)
      .flatMap((override) => override.files);
    for (const room of Object.keys(MAY_IMPORT)) expect(walled).toContain(`src/${room}/**`);
  });
});
