import { canonicalJson, type Json } from './canonical-json.ts';
import { type ChainPoint, type Ed25519Jwk, FORMAT, HEAD_KINDS, hashOf, objectOf, RECORD_KINDS } from './lines.ts';
import type { KeptHead } from './kept-head.ts';
import { ed25519JwkOf, isSignedBy, thumbprintOf } from './signed-lines.ts';

/** Where an export does not hold, and why. */
export interface Fault {
  /** Of the file, from 1; null where something is missing. */
  readonly line: number | null;
  readonly chain: string | null;
  /** The record from which on the chain proves nothing. */
  readonly seq: number | null;
  readonly what: string;
}

/** One chain of an export. */
export interface VerifiedChain {
  readonly chain: string;
  /** Sound ones, from record 0. */
  readonly records: number;
  /** The last record that a signed head covers; null for none. */
  readonly signed: number | null;
  /** `open`: its process had not ended it, or was killed and nobody has closed it yet. */
  readonly end: 'open' | 'end' | 'closed';
}

export interface Verdict {
  readonly holds: boolean;
  /** In the order in which they were found; of each chain the first. */
  readonly faults: readonly Fault[];
  readonly chains: readonly VerifiedChain[];
  /** RFC 7638 thumbprint of the key that every signature was checked with; null where the export names none. */
  readonly key: string | null;
}

export interface ExportVerifier {
  /** Takes the next line, without its line feed. */
  take(line: string): void;
  /** To be called once, after the last line. */
  verdict(): Verdict;
}

interface ChainState {
  last: ChainPoint | null;
  signed: number | null;
  end: VerifiedChain['end'];
  isBroken: boolean;
  /** What was said of this chain. */
  readonly promised: readonly Promised[];
}

/** How far a chain has to come, and who says so. */
interface Promised {
  readonly point: ChainPoint;
  readonly by: string;
}

type Line = { readonly [member: string]: Json };

const isPoint = (value: unknown): value is ChainPoint => {
  if (typeof value !== 'object' || value === null) return false;
  const { chain, seq, hash } = value as Readonly<Record<string, unknown>>;
  return typeof chain === 'string' && typeof hash === 'string' && Number.isSafeInteger(seq);
};

const pointsOf = (value: Json | undefined): readonly ChainPoint[] | null =>
  Array.isArray(value) && value.every(isPoint) ? (value as unknown as readonly ChainPoint[]) : null;

const isOneOf = (kinds: readonly string[], kind: Json | undefined): boolean => typeof kind === 'string' && kinds.includes(kind);

/**
 * Checks an export line by line, with memory for its chains and none for its records. It holds when every line is whole and canonical,
 * every record follows the one before it, every signature is of the one key, every chain reaches the head that the first line names for
 * it, and every chain that another one names is there.
 *
 * @param options.kept the key that the KMS published, and a head that the export has to reach; without it the key in the export is taken,
 *   which proves only that the export agrees with itself
 */
export const createExportVerifier = ({ kept = null }: { readonly kept?: KeptHead | null } = {}): ExportVerifier => {
  const faults: Fault[] = [];
  const chains = new Map<string, ChainState>();
  /** How far others say that a chain had come. */
  const promises = new Map<string, Promised[]>();
  let key: Ed25519Jwk | null = kept?.publicKey ?? null;
  let line = 0;

  const promisesOf = (chain: string): Promised[] => {
    const known = promises.get(chain) ?? [];
    promises.set(chain, known);
    return known;
  };
  const promise = (point: ChainPoint, by: string): void => void promisesOf(point.chain).push({ point, by });

  const begun = (chain: string): ChainState => {
    const state: ChainState = { last: null, signed: null, end: 'open', isBroken: false, promised: promisesOf(chain) };
    chains.set(chain, state);
    return state;
  };

  const fault = (what: string, chain: string | null = null, seq: number | null = null): void =>
    void faults.push({ line, chain, seq, what });

  const header = (value: Line): void => {
    if (value['kind'] !== 'export' || value['v'] !== FORMAT) return fault(`is not the first line of an export of version ${FORMAT}`);
    key ??= ed25519JwkOf(value['public_key']);
    if (key === null) return fault('names no public key');
    if (!isSignedBy(value, key)) return fault(`is not signed by the key ${thumbprintOf(key)}`);
    const points = pointsOf(value['heads']);
    if (points === null) return fault('does not say how far its chains had come');
    for (const point of points) promise(point, 'the first line');
    if (kept !== null && kept.head !== null) promise(kept.head, 'the head that was kept');
  };

  const record = (value: Line, text: string, chain: string, state: ChainState): string | null => {
    const seq = state.last === null ? 0 : state.last.seq + 1;
    if (value['seq'] !== seq) return `has record ${String(value['seq'])} where record ${seq} belongs`;
    if ((value['kind'] === 'begin') !== (seq === 0)) return `has a ${String(value['kind'])} as record ${seq}`;
    if (state.last !== null && value['previous'] !== state.last.hash) return `does not follow record ${seq - 1} as that stands there`;
    if (state.end !== 'open') return 'adds to a chain that has ended';
    const point = { chain, seq, hash: hashOf(text) };
    const other = state.promised.find((each) => each.point.seq === seq && each.point.hash !== point.hash);
    if (other !== undefined) return `is not the record that ${other.by} names`;
    state.last = point;
    if (seq > 0) return null;
    const follows = pointsOf(value['follows']);
    if (follows === null) return 'does not say which chains were there before it';
    for (const point of follows) promise(point, `chain ${chain}`);
    return null;
  };

  const head = (value: Line, state: ChainState): string | null => {
    if (key === null || !isSignedBy(value, key)) return `is not signed by the key ${key === null ? '(none)' : thumbprintOf(key)}`;
    const { last } = state;
    if (last === null || value['seq'] !== last.seq) return `is the head of record ${String(value['seq'])} and stands elsewhere`;
    if (value['hash'] !== last.hash) return 'is the head of another record than the one before it';
    state.signed = last.seq;
    if (value['kind'] === 'end' || value['kind'] === 'closed') state.end = value['kind'];
    return null;
  };

  return {
    take: (text) => {
      line += 1;
      const value = objectOf(text);
      if (value === null || canonicalJson(value) !== text) return fault('is no line of an audit: not the canonical JSON of an object');
      if (line === 1) return header(value);
      const { kind, chain, v } = value;
      const isRecord = isOneOf(RECORD_KINDS, kind);
      if (typeof chain !== 'string' || v !== FORMAT || (!isRecord && !isOneOf(HEAD_KINDS, kind))) return fault('is no line of an audit');
      const state = chains.get(chain) ?? begun(chain);
      if (state.isBroken) return undefined;
      const what = isRecord ? record(value, text, chain, state) : head(value, state);
      if (what === null) return undefined;
      state.isBroken = true;
      return fault(what, chain, state.last === null ? 0 : state.last.seq + 1);
    },
    verdict: () => {
      if (line === 0) faults.push({ line: null, chain: null, seq: null, what: 'the file is empty' });
      for (const { point, by } of [...promises.values()].flat()) {
        const { chain, seq } = point;
        const state = chains.get(chain);
        if (state?.isBroken === true) continue;
        const reached = state?.last?.seq ?? -1;
        if (reached >= seq) continue;
        const what = reached < 0 ? `is missing, and ${by} names it` : `ends after record ${reached}, and ${by} names record ${seq}`;
        faults.push({ line: null, chain, seq: reached + 1, what: `the chain ${what}` });
        if (state !== undefined) state.isBroken = true;
      }
      return {
        holds: faults.length === 0,
        faults,
        chains: [...chains].map(([chain, { last, signed, end }]) => ({ chain, records: last === null ? 0 : last.seq + 1, signed, end })),
        key: key === null ? null : thumbprintOf(key),
      };
    },
  };
};
