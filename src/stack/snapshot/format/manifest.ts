import { createHash } from 'node:crypto';
import { type Engine, type Profile, PROFILES } from '#engine/engine.ts';
import { isObject, jsonObject } from '#infra/json/json-object.ts';

/** A file of a snapshot: a relative path with `/`, its bytes, and their SHA-256 in hexadecimal. */
export interface SnapshotFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** All that is known of a snapshot, but for its name, which anybody may change. */
export interface Manifest {
  /** RFC 3339, in UTC. */
  readonly savedAt: string;
  readonly engine: Engine['kind'];
  readonly profile: Profile;
  /** Further names and addresses of the public servers, which are in its certificates. */
  readonly hosts: readonly string[];
  /** Of passthru. */
  readonly version: string;
  /** Migrations of each database, in order: a version that does not know all of them cannot read the data. */
  readonly schemas: Readonly<Record<string, readonly string[]>>;
  readonly files: readonly SnapshotFile[];
}

/** The folders that a snapshot may have. Paths out of a file never lead elsewhere. */
const PATH = /^(data|secrets|tls|config)(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$/;

/** The one hash of a snapshot: SHA-256 over everything that its manifest says, the hash of each file included; hexadecimal. */
export const hashOf = (manifest: Manifest): string =>
  createHash('sha256')
    .update(JSON.stringify(membersOf(manifest)))
    .digest('hex');

export const manifestText = (manifest: Manifest): string =>
  `${JSON.stringify({ ...membersOf(manifest), hash: hashOf(manifest) }, null, 2)}\n`;

const membersOf = ({ savedAt, engine, profile, hosts, version, schemas, files }: Manifest) => ({
  version: 1,
  saved_at: savedAt,
  engine,
  profile,
  hosts,
  passthru: version,
  schemas,
  files,
});

/** The manifest that a text is; null where it is none, was cut off, or differs in one character from the text that was written. */
export const parseManifest = (text: string): Manifest | null => {
  const { saved_at: savedAt, engine, profile: named, hosts, passthru: version, schemas, files } = jsonObject(text) ?? {};
  const profile = PROFILES.find((each) => each === named);
  if ((engine !== 'embedded' && engine !== 'docker') || profile === undefined) return null;
  if (!isText(savedAt) || Number.isNaN(Date.parse(savedAt)) || !isText(version)) return null;
  if (!areTexts(hosts) || !isObject(schemas) || !Object.values(schemas).every(areTexts)) return null;
  if (!Array.isArray(files) || !files.every(isFile)) return null;
  const manifest = { savedAt, engine, profile, hosts, version, schemas: schemas as Manifest['schemas'], files } as const;
  return manifestText(manifest) === text ? manifest : null;
};

const isText = (value: unknown): value is string => typeof value === 'string';

const areTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isText);

const isFile = (value: unknown): value is SnapshotFile =>
  isObject(value) &&
  isText(value['path']) &&
  PATH.test(value['path']) &&
  Number.isSafeInteger(value['bytes']) &&
  isText(value['sha256']) &&
  /^[0-9a-f]{64}$/.test(value['sha256']);
