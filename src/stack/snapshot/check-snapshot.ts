import type { Engine } from '#engine/engine.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { KNOWN_SCHEMAS } from './known-schemas.gen.ts';
import type { Snapshot } from './format/snapshot.ts';

/**
 * Refuses a snapshot whose data this version, or this engine, cannot read. One of an older schema is taken: the servers migrate it when
 * they start.
 *
 * @throws AppError `snapshot-of-other-engine`, `snapshot-newer`, `snapshot-of-other-schema`
 */
export const checkSnapshot = (snapshot: Snapshot, engine: Engine['kind'], known = KNOWN_SCHEMAS): void => {
  const what = snapshot.name ?? snapshot.folder;
  if (snapshot.engine !== engine) {
    throw new AppError(
      'snapshot-of-other-engine',
      409,
      `the snapshot ${what} is of a stack on ${NAMES[snapshot.engine]}, and this one is on ${NAMES[engine]}`,
      {
        fix: `Use another state folder with \`--engine ${snapshot.engine}\`, or save one of this stack: the files of one engine's databases mean nothing to the other's.`,
      },
    );
  }
  for (const [database, migrations] of Object.entries(snapshot.schemas)) {
    const own = known[database] ?? [];
    const odd = migrations.findIndex((name, index) => own[index] !== name);
    if (odd === -1) continue;
    if (odd === own.length) {
      throw new AppError(
        'snapshot-newer',
        409,
        `the snapshot ${what} was saved by passthru ${snapshot.version} with a newer schema (${database}: ${migrations[odd]})`,
        {
          fix: `Use passthru ${snapshot.version} or newer, or save a snapshot with this version.`,
        },
      );
    }
    throw new AppError(
      'snapshot-of-other-schema',
      409,
      `the snapshot ${what} has the migration ${migrations[odd]} of ${database} where this version has ${own[odd]}`,
      {
        fix: 'It is of another branch of passthru: use that one, or save a snapshot with this version.',
      },
    );
  }
};

const NAMES: Readonly<Record<Engine['kind'], string>> = { embedded: 'the embedded engine', docker: 'Docker' };
