import { type KnownKey, type Operation, type Protected, tenantOf } from './operations.ts';

/** An answer as it came; a body that is no JSON is null. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** The verdict on an answer: right; wrong, which must never be; an honest refusal; or a name that our own broken attempt has taken. */
export type Verdict = 'right' | 'wrong' | 'refused' | 'taken';

/** A request that was refused with 5xx or whose connection broke. */
export interface Failure {
  readonly kind: Operation['kind'];
  readonly what: string;
  /** When it was sent and when it failed, in milliseconds of the same clock as the kill. */
  readonly since: number;
  readonly at: number;
}

/** Everything that clients were told, and every answer that was wrong. */
export interface Ledger {
  /** Acknowledged by a 2xx, by tenant. */
  keysOf(tenant: string): readonly KnownKey[];
  readonly sealed: readonly Protected[];
  readonly signed: readonly Protected[];
  readonly wrong: readonly string[];
  readonly failures: readonly Failure[];
  /** Right answers so far. */
  readonly right: number;
  /** Names that clients asked for, acknowledged or not. */
  wasAskedFor(tenant: string, name: string): boolean;
  /** How often clients asked for a new version, acknowledged or not. */
  rotationsAsked(key: KnownKey): number;
  /** To be called before each attempt. */
  asks(operation: Operation): void;
  /** Compares an answer with what it must be, and remembers what it acknowledges. */
  takes(operation: Operation, answer: Answer): Verdict;
  /** A request that was refused or has no answer. */
  breaks(operation: Operation, failure: Omit<Failure, 'kind'>): void;
  /** Something that must never be, seen elsewhere. */
  condemns(text: string): void;
}

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (body: unknown): Fields => (typeof body === 'object' && body !== null ? (body as Fields) : {});
const itemsOf = (body: unknown): readonly Fields[] => {
  const { items } = fieldsOf(body);
  return Array.isArray(items) ? items.map(fieldsOf) : [];
};

/** `kid` of a compact JWE or JWS. */
const kidOf = (text: unknown): unknown => {
  try {
    return fieldsOf(JSON.parse(Buffer.from(String(text).split('.')[0] ?? '', 'base64url').toString()))['kid'];
  } catch {
    return undefined;
  }
};

const EXPECTED: Readonly<Record<Operation['kind'], number>> = {
  create: 201,
  find: 200,
  read: 200,
  rotate: 201,
  encrypt: 200,
  decrypt: 200,
  sign: 200,
  verify: 200,
  list: 200,
  trespass: 404,
};

export const createLedger = (): Ledger => {
  const keys = new Map<string, KnownKey[]>();
  const asked = new Map<string, Set<string>>();
  const rotations = new Map<string, number>();
  const sealed: Protected[] = [];
  const signed: Protected[] = [];
  const wrong: string[] = [];
  const failures: Failure[] = [];
  let right = 0;

  const ofTenant = <T>(map: Map<string, T>, tenant: string, make: () => T): T => {
    const known = map.get(tenant) ?? make();
    map.set(tenant, known);
    return known;
  };
  const namesOf = (tenant: string) => ofTenant(asked, tenant, () => new Set<string>());

  const learns = (tenant: string, { id, name, algorithm }: Fields): KnownKey => {
    const key = { tenant, id: String(id), name: String(name), algorithm: String(algorithm), versions: new Map<number, string>() };
    ofTenant(keys, tenant, (): KnownKey[] => []).push(key);
    return key;
  };

  /** Null when the body says what it must; else what is wrong with it. */
  const faultOf = (operation: Operation, body: Fields): string | null => {
    const tenant = tenantOf(operation);
    switch (operation.kind) {
      case 'create':
        if (body['name'] !== operation.name || body['algorithm'] !== operation.algorithm) return 'is another key than the one asked for';
        if (keys.get(tenant)?.some(({ id }) => id === body['id']) === true) return 'has the id of another key';
        return body['latest_version'] === 1 ? null : 'has not version 1';
      case 'find': {
        const items = itemsOf(body);
        if (items.length !== 1) return `has ${items.length} keys of a name that was taken`;
        return items[0]?.['name'] === operation.name && items[0]['algorithm'] === operation.algorithm ? null : 'is another key';
      }
      case 'read': {
        const { key, atLeast } = operation;
        if (body['id'] !== key.id || body['name'] !== key.name || body['algorithm'] !== key.algorithm) return 'is another key';
        return Number(body['latest_version']) >= atLeast ? null : `has version ${body['latest_version']}, ${atLeast} was acknowledged`;
      }
      case 'rotate': {
        const version = Number(body['version']);
        if (body['elastic_key_id'] !== operation.key.id) return 'is of another key';
        if (!(version > operation.above)) return `is version ${version}, ${operation.above} was acknowledged before`;
        return operation.key.versions.has(version) ? `is version ${version} once more` : null;
      }
      case 'encrypt':
        return kidOf(body['ciphertext']) === body['material_key_id'] && body['material_key_id'] !== undefined ? null : 'names another kid';
      case 'sign':
        return kidOf(body['jws']) === body['material_key_id'] && body['material_key_id'] !== undefined ? null : 'names another kid';
      case 'decrypt':
        return body['plaintext'] === operation.sealed.content ? null : 'is another plaintext';
      case 'verify': {
        const { content, materialKeyId } = operation.signed;
        return body['valid'] === true && body['payload'] === content && body['material_key_id'] === materialKeyId
          ? null
          : 'does not verify what was signed';
      }
      case 'list': {
        const foreign = itemsOf(body).find(({ name }) => !namesOf(tenant).has(String(name)));
        return foreign === undefined ? null : `shows ${String(foreign['name'])}, which nobody of ${tenant} asked for`;
      }
      case 'trespass':
        return body['code'] === 'elastic-key-not-found' ? null : `is a 404 of another kind: ${String(body['code'])}`;
    }
  };

  const remember = (operation: Operation, body: Fields): void => {
    switch (operation.kind) {
      case 'create':
        return void learns(operation.tenant, body);
      case 'find':
        return void learns(operation.tenant, itemsOf(body)[0] ?? {});
      case 'rotate':
        return void operation.key.versions.set(Number(body['version']), String(body['id']));
      case 'encrypt': {
        const { key, content, context } = operation;
        return void sealed.push({
          key,
          content,
          context,
          text: String(body['ciphertext']),
          materialKeyId: String(body['material_key_id']),
        });
      }
      case 'sign': {
        const { key, content } = operation;
        return void signed.push({ key, content, text: String(body['jws']), materialKeyId: String(body['material_key_id']) });
      }
      default:
    }
  };

  return {
    sealed,
    signed,
    wrong,
    failures,
    get right() {
      return right;
    },
    keysOf: (tenant) => keys.get(tenant) ?? [],
    wasAskedFor: (tenant, name) => namesOf(tenant).has(name),
    rotationsAsked: ({ id }) => rotations.get(id) ?? 0,
    asks: (operation) => {
      if (operation.kind === 'create') namesOf(operation.tenant).add(operation.name);
      if (operation.kind === 'rotate') rotations.set(operation.key.id, (rotations.get(operation.key.id) ?? 0) + 1);
    },
    takes: (operation, { status, body }) => {
      const fields = fieldsOf(body);
      if (status >= 500) return 'refused';
      if (operation.kind === 'create' && operation.again && status === 409 && fields['code'] === 'elastic-key-name-taken') return 'taken';
      const fault = status === EXPECTED[operation.kind] ? faultOf(operation, fields) : `is ${status} ${String(fields['code'])}`;
      if (fault !== null) {
        wrong.push(`the answer to ${operation.kind} of ${tenantOf(operation)} ${fault}`);
        return 'wrong';
      }
      remember(operation, fields);
      right += 1;
      return 'right';
    },
    breaks: ({ kind }, failure) => void failures.push({ kind, ...failure }),
    condemns: (text) => void wrong.push(text),
  };
};

/**
 * Failures that no kill explains: before it, when it was long over, or after a wait as long as the window, which is nobody's
 * death but a connection that was forgotten. Times of one clock, in milliseconds.
 */
export const unexplained = (failures: readonly Failure[], window: { readonly from: number; readonly to: number }): readonly string[] =>
  failures
    .filter(({ since, at }) => at < window.from || at > window.to || at - since >= window.to - window.from)
    .map(({ kind, what, since, at }) => {
      const [sent, failed] = [since, at].map((time) => Math.round(time - window.from));
      return `${kind}, sent ${sent} ms after the kill, failed ${failed} ms after it: ${what}`;
    });
