import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { stateFolder } from '#engine/state/state-folder.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { hasCode } from '#infra/apperr/system-error.ts';
import { readGuarded } from '#infra/files/guarded-file.ts';
import { permittedBy } from '#infra/tls/authority/constraints/name-constraints.ts';
import { addTo, lookAt, removeFrom, type TrustOutcome } from './change-trust.ts';
import { nssPlace, nssPlaces } from './nss-places.ts';
import type { Env } from './run-program.ts';
import { type SystemKind, systemPlace } from './system-store.ts';
import type { Root, StoreName, TrustPlace } from './trust-place.ts';
import { type TrustRecord, type TrustRecords, trustRecords } from './trust-records.ts';

export interface TrustOptions {
  readonly stateDir: string;
  /** The kinds of places to look at. */
  readonly stores: readonly StoreName[];
  readonly home: string;
  /** PATH finds the programs; XDG_STATE_HOME the records. */
  readonly env: Env;
  readonly platform?: NodeJS.Platform;
  /** Whether this process may change the system. */
  readonly isAdministrator?: boolean;
  readonly systemKinds?: readonly SystemKind[];
  /** Ends the work between two places. */
  readonly signal?: AbortSignal;
}

/** The root of a stack as a reader judges it. */
export interface StackRoot extends Root {
  /** Epoch milliseconds. */
  readonly endsAt: number;
  /** The names for which it can vouch; null: for all. */
  readonly permitted: readonly string[] | null;
}

/**
 * The root certificate of a state folder, from a file that nobody else can have written.
 *
 * @throws AppError `ca-missing`, `ca-unreadable`, `secret-not-ours`
 */
export const rootOfStack = async (stateDir: string): Promise<StackRoot> => {
  const file = join(stateFolder(stateDir).tls, 'ca.pem');
  try {
    const pem = await readGuarded(file, { purpose: 'the root certificate' });
    const certificate = new X509Certificate(pem);
    const fingerprint = certificate.fingerprint256.replaceAll(':', '').toLowerCase();
    return { file, pem, fingerprint, endsAt: Date.parse(certificate.validTo), permitted: permittedBy(certificate) };
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    if (hasCode(cause, 'ENOENT')) {
      throw new AppError('ca-missing', 404, `${file} is not there: this stack has no CA yet`, {
        fix: 'Make it with `passthru prepare`, or start a demo.',
      });
    }
    throw new AppError('ca-unreadable', 500, `${file} cannot be read as a certificate`, {
      cause,
      fix: 'Run `passthru prepare`, which makes it again.',
    });
  }
};

/** How it stands with the root in each place. */
export const lookAtTrust = async (root: Root, options: TrustOptions): Promise<readonly TrustOutcome[]> =>
  inTurn(await placesOf(options), options, (place) => lookAt(place, root));

/** Makes each place trust the root, and takes older roots of the same state folder away. */
export const trustRoot = async (root: Root, options: TrustOptions): Promise<readonly TrustOutcome[]> => {
  const { stateDir } = options;
  const records = trustRecords(options);
  const outcomes = await inTurn(await placesOf(options), options, (place) => addTo(place, { root, stateDir, records }));
  const older = (await recordsOf(options, records)).filter(({ fingerprint }) => fingerprint !== root.fingerprint);
  return [...outcomes, ...(await inTurn(older, options, (record) => takeBack(record, { options, records, caFile: root.file })))];
};

/** Takes back what was put anywhere for this state folder: its root of today, and those that it had before. */
export const untrustRoot = async (options: TrustOptions): Promise<readonly TrustOutcome[]> => {
  const records = trustRecords(options);
  const caFile = join(stateFolder(options.stateDir).tls, 'ca.pem');
  const all = [...(await recordsOf(options, records)), ...(await unrecorded(options, records))];
  return inTurn(all, options, (record) => takeBack(record, { options, records, caFile }));
};

/** The root of today where it lies under the name that this program gives it, and no record tells: `trust` printed that command. */
const unrecorded = async (options: TrustOptions, records: TrustRecords): Promise<readonly TrustRecord[]> => {
  const { stateDir } = options;
  const root = await rootOfStack(stateDir).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'ca-missing') return null;
    throw error;
  });
  if (root === null) return [];
  const { fingerprint } = root;
  const known = await recordsOf(options, records);
  const isKnown = ({ store, path }: TrustPlace) =>
    known.some((each) => each.store === store && each.path === path && each.fingerprint === fingerprint);
  const found = await inTurn(
    (await placesOf(options)).filter((place) => !isKnown(place)),
    options,
    async (place) => ((await lookAt(place, root)).state !== 'failed' && (await isHeld(place, root)) ? place : null),
  );
  return found.flatMap((place) => (place === null ? [] : [{ stateDir, store: place.store, path: place.path, fingerprint }]));
};

/** A database of NSS cannot be asked without its program. */
const isHeld = async (place: TrustPlace, root: Root): Promise<boolean> =>
  !(place.store === 'nss' && (await place.blocked('remove', root)) !== null) && place.holds(root.fingerprint);

/** What was put anywhere for a state folder and is not taken back yet. */
export const trustedFor = async (options: Pick<TrustOptions, 'stateDir' | 'home' | 'env'>): Promise<readonly TrustRecord[]> =>
  (await trustRecords(options).all()).filter(({ stateDir }) => stateDir === options.stateDir);

const recordsOf = async ({ stateDir, stores }: TrustOptions, records: TrustRecords): Promise<readonly TrustRecord[]> =>
  (await records.all()).filter((record) => record.stateDir === stateDir && stores.includes(record.store));

const takeBack = async (
  record: TrustRecord,
  { options, records, caFile }: { readonly options: TrustOptions; readonly records: TrustRecords; readonly caFile: string },
): Promise<TrustOutcome> => {
  const known = (await placesOf(options)).find(({ store, path }) => store === record.store && path === record.path);
  // A profile that is gone is a database that is not there.
  return removeFrom(known ?? nssPlace(record.path, 'a browser', options.env), { record, records, caFile });
};

const placesOf = async (options: TrustOptions): Promise<readonly TrustPlace[]> => {
  const { stores, home, env, platform = process.platform, isAdministrator = process.getuid?.() === 0, systemKinds } = options;
  const system = { env, platform, isAdministrator, ...(systemKinds === undefined ? {} : { kinds: systemKinds }) };
  return [
    ...(stores.includes('system') ? [await systemPlace(system)] : []),
    ...(stores.includes('nss') ? await nssPlaces({ home, env, platform }) : []),
  ];
};

/** One after the other: programs that change a store take no turns by themselves. */
const inTurn = async <T, R>(
  items: readonly T[],
  { signal }: Pick<TrustOptions, 'signal'>,
  act: (item: T) => Promise<R>,
): Promise<readonly R[]> => {
  const results: R[] = [];
  for (const item of items) {
    signal?.throwIfAborted();
    results.push(await act(item));
  }
  return results;
};
