import { isObject, jsonObject } from '#infra/json/json-object.ts';
import type { StepStatus } from '../events.ts';
import type { Outcome } from '../outcome.ts';

/** The state in which a run finds a stack, which decides how long it takes. */
export interface RunKind {
  readonly engine: Outcome['engine'];
  /** `running`: every service of it is up; `kept`: an earlier run left data; `fresh`: there is nothing yet. */
  readonly start: 'running' | 'kept' | 'fresh';
  /** Whether every image is there, or has to be built or pulled first; null on an engine that needs none. */
  readonly images: 'there' | 'missing' | null;
}

/** One run as it is remembered: times and names of steps, and nothing that tells where it ran, for whom, or with which data. */
export interface RunRecord extends RunKind {
  /** As typed, for example `demo all`. */
  readonly command: string;
  readonly profile: string;
  /** Version of this program. */
  readonly release: string;
  readonly outcome: Outcome['outcome'];
  /** Its begin, ISO 8601. */
  readonly at: string;
  readonly durationMs: number;
  readonly steps: readonly { readonly id: string; readonly status: StepStatus; readonly durationMs: number }[];
}

/** A run that has ended, for the history: pure. */
export const recordOf = (
  outcome: Outcome,
  facts: Omit<RunKind, 'engine'> & { readonly release: string; readonly at: number },
): RunRecord => ({
  command: outcome.command,
  engine: outcome.engine,
  profile: outcome.profile,
  start: facts.start,
  images: facts.images,
  release: facts.release,
  outcome: outcome.outcome,
  at: new Date(facts.at).toISOString(),
  durationMs: Math.round(outcome.durationMs),
  steps: outcome.steps.map(({ step, status, durationMs }) => ({ id: step.id, status, durationMs: Math.round(durationMs) })),
});

export const recordText = (record: RunRecord): string => `${JSON.stringify({ version: 1, ...record })}\n`;

/** The record that a text holds; null for one of another version, and for a text that makes no sense. */
export const parseRecord = (text: string): RunRecord | null => {
  const value = jsonObject(text);
  if (value === null || value['version'] !== 1) return null;
  const { version: _, ...record } = value;
  const { command, engine, profile, start, images, release, outcome, at, durationMs, steps } = record;
  const areTexts = [command, engine, profile, release, outcome, at].every((each) => typeof each === 'string');
  const isKind = isOneOf(start, ['running', 'kept', 'fresh']) && isOneOf(images, ['there', 'missing', null]);
  const isSound = areTexts && isKind && isDuration(durationMs) && Array.isArray(steps) && steps.every(isStep);
  return isSound ? (record as unknown as RunRecord) : null;
};

const isOneOf = (value: unknown, values: readonly unknown[]): boolean => values.includes(value);

const isDuration = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0;

const isStep = (value: unknown): boolean =>
  isObject(value) &&
  typeof value['id'] === 'string' &&
  isOneOf(value['status'], ['passed', 'failed', 'skipped']) &&
  isDuration(value['durationMs']);
