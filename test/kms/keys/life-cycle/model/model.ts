/**
 * The two state machines as docs/life-cycle.md says them, and nothing else: no database, no memory, no cryptography. A step either changes
 * the model and returns null, or changes nothing and returns the code of the refusal.
 */
export interface ModelVersion {
  state: 'active' | 'deactivated' | 'compromised' | 'pending-deletion' | 'destroyed';
  /** Whether it may process after its revocation; null where it was not revoked. */
  revoked: { allowsProcessing: boolean } | null;
  /** Day. */
  due: number | null;
}

export interface ModelKey {
  readonly purpose: 'encrypt' | 'sign';
  state: 'active' | 'suspended' | 'pending-deletion' | 'destroyed';
  before: 'active' | 'suspended';
  due: number | null;
  /** Oldest first: the version with the number n stands at n - 1. */
  readonly versions: ModelVersion[];
}

export type Refusal = string | null;

const newVersion = (): ModelVersion => ({ state: 'active', revoked: null, due: null });

export const newKey = (purpose: ModelKey['purpose']): ModelKey => ({
  purpose,
  state: 'active',
  before: 'active',
  due: null,
  versions: [newVersion()],
});

const inState = ({ state }: ModelKey): Refusal => (state === 'active' ? null : `elastic-key-${state}`);
const destroyed = ({ state }: ModelKey | ModelVersion, what: 'elastic-key' | 'material-key'): Refusal =>
  state === 'destroyed' ? `${what}-destroyed` : null;

const processes = ({ state, revoked }: ModelVersion): boolean =>
  state === 'active' || state === 'deactivated' || (state === 'compromised' && revoked?.allowsProcessing === true);

export const steps = {
  rotate: (key: ModelKey): Refusal => {
    const refusal = inState(key);
    if (refusal !== null) return refusal;
    for (const version of key.versions) if (version.state === 'active') version.state = 'deactivated';
    key.versions.push(newVersion());
    return null;
  },

  set: (key: ModelKey, state: 'active' | 'suspended'): Refusal => {
    if (key.state === 'pending-deletion' || key.state === 'destroyed') return `elastic-key-${key.state}`;
    key.state = state;
    return null;
  },

  scheduleDeletion: (key: ModelKey, due: number): Refusal => {
    const refusal = destroyed(key, 'elastic-key');
    if (refusal !== null) return refusal;
    if (key.state === 'active' || key.state === 'suspended') key.before = key.state;
    key.state = 'pending-deletion';
    key.due = due;
    return null;
  },

  restore: (key: ModelKey): Refusal => {
    if (key.state === 'pending-deletion') key.state = key.before;
    key.due = null;
    return destroyed(key, 'elastic-key');
  },

  revoke: (key: ModelKey, version: ModelVersion, allowsProcessing: boolean): Refusal => {
    const refusal = destroyed(key, 'elastic-key') ?? destroyed(version, 'material-key');
    if (refusal !== null) return refusal;
    if (allowsProcessing && version.revoked?.allowsProcessing === false) return 'revocation-final';
    version.revoked = { allowsProcessing };
    if (version.state !== 'pending-deletion') version.state = 'compromised';
    return null;
  },

  scheduleVersion: (key: ModelKey, version: ModelVersion, due: number): Refusal => {
    const refusal = destroyed(key, 'elastic-key') ?? destroyed(version, 'material-key');
    if (refusal !== null) return refusal;
    version.state = 'pending-deletion';
    version.due = due;
    return null;
  },

  restoreVersion: (key: ModelKey, version: ModelVersion): Refusal => {
    const refusal = destroyed(key, 'elastic-key') ?? destroyed(version, 'material-key');
    if (refusal !== null) return refusal;
    if (version.revoked !== null) version.state = 'compromised';
    else version.state = version === key.versions.at(-1) ? 'active' : 'deactivated';
    version.due = null;
    return null;
  },

  /** The day has come. */
  pass: (key: ModelKey, day: number): void => {
    for (const version of key.versions)
      if (version.due !== null && version.due <= day) Object.assign(version, { state: 'destroyed', due: null });
    if (key.due === null || key.due > day) return;
    key.state = 'destroyed';
    key.due = null;
    for (const version of key.versions) Object.assign(version, { state: 'destroyed', due: null });
  },

  protect: (key: ModelKey): Refusal => inState(key) ?? (key.versions.at(-1)?.state === 'active' ? null : 'no-version-protects'),

  /** @returns `failed` for the one refusal of every input */
  process: (key: ModelKey, version: ModelVersion): Refusal => {
    const refusal = inState(key);
    if (refusal !== null) return refusal;
    if (!key.versions.some(processes)) return 'no-version-processes';
    return processes(version) ? null : 'failed';
  },

  /** Numbers of the versions in the JWK Set, newest first. */
  published: (key: ModelKey): readonly number[] => {
    if (key.state !== 'active' || key.purpose === 'encrypt') return [];
    return key.versions.flatMap((version, index) => (processes(version) ? [index + 1] : [])).toReversed();
  },
};
