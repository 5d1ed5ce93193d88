import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stateFolder } from '#engine/state/state-folder.ts';
import { missingIs } from '#infra/apperr/system-error.ts';
import { jsonObject } from '#infra/json/json-object.ts';
import { createLineQueue, type LostLines } from '#infra/lines/line-queue.ts';
import { createRotatedFile, rotatedFiles } from '#infra/lines/rotated-file.ts';

/**
 * The refusals that demos provoked on a stack, by the trace ids that this CLI made up for the requests: so its own requests are told from
 * those of anybody else, whatever these say of themselves.
 */

/** A request of a demo that a server refused. */
export interface DemoRefusal {
  /** Id of the step that sent it. */
  readonly step: string;
  readonly service: 'identity' | 'kms';
  readonly traceId: string;
  readonly status: number;
  /** `code` of the Problem Details; null of another answer. */
  readonly code: string | null;
  /** Epoch milliseconds by the clock of this machine. */
  readonly sentAt: number;
  readonly answeredAt: number;
}

/** A handshake with TLS 1.2 that a demo tried with every listener; of those that refuse it, the collector logs an error. */
export interface DemoHandshake {
  readonly step: string;
  /** Epoch milliseconds by the clock of this machine; it was tried in between. */
  readonly from: number;
  readonly to: number;
}

/** The end of a step: its refusals were what it wanted, or it failed. */
export interface DemoVerdict {
  readonly step: string;
  readonly isPassed: boolean;
  /** Epoch milliseconds. */
  readonly at: number;
}

export interface DemoRefusals {
  /** In the order in which they were written. */
  readonly refusals: readonly DemoRefusal[];
  readonly handshakes: readonly DemoHandshake[];
  readonly verdicts: readonly DemoVerdict[];
}

/** A demo writes some 40 KiB. */
const BOUNDS = { maxBytes: 1024 * 1024, olderFiles: 1 };
/** Milliseconds that the last lines may take. */
const FLUSH_MS = 2_000;

/** It lies beside the logs that it explains, and goes with them. */
const fileOf = (stateDir: string): string => join(stateFolder(stateDir).logs, 'demo-refusals.jsonl');

export interface DemoRefusalLog {
  refused(refusal: DemoRefusal): void;
  handshake(tried: DemoHandshake): void;
  ended(verdict: DemoVerdict): void;
  /** Waits until all that was noted is there to be read, for 2 s at most. */
  flush(): Promise<void>;
  /** Waits until all is written. @returns what could not be */
  close(): Promise<LostLines>;
}

/** Notes refusals as they come, so that whoever follows a log knows them at once; nobody waits for it. */
export const noteDemoRefusals = (stateDir: string): DemoRefusalLog => {
  const file = createRotatedFile({ path: fileOf(stateDir), ...BOUNDS });
  const queue = createLineQueue({ target: file });
  return {
    refused: ({ step, service, traceId, status, code, sentAt, answeredAt }) =>
      queue.write(JSON.stringify({ step, service, trace_id: traceId, status, code, sent_at: sentAt, answered_at: answeredAt })),
    handshake: ({ step, from, to }) => queue.write(JSON.stringify({ step, handshake_from: from, handshake_to: to })),
    ended: ({ step, isPassed, at }) => queue.write(JSON.stringify({ step, passed: isPassed, at })),
    flush: () => queue.flush(FLUSH_MS),
    close: async () => {
      await queue.flush(FLUSH_MS);
      queue[Symbol.dispose]();
      await file[Symbol.asyncDispose]();
      return queue.lost();
    },
  };
};

/** Half a line is what a kill or a full disk left. */
export const readDemoRefusals = async (stateDir: string): Promise<DemoRefusals> => {
  const [refusals, handshakes, verdicts]: [DemoRefusal[], DemoHandshake[], DemoVerdict[]] = [[], [], []];
  for (const file of rotatedFiles(fileOf(stateDir), BOUNDS.olderFiles)) {
    const text = await readFile(file, 'utf8').catch(missingIs(''));
    for (const line of text.split('\n')) {
      const read = jsonObject(line) ?? {};
      const [refusal, handshake, verdict] = [refusalIn(read), handshakeIn(read), verdictIn(read)];
      if (refusal !== null) refusals.push(refusal);
      if (handshake !== null) handshakes.push(handshake);
      if (verdict !== null) verdicts.push(verdict);
    }
  }
  return { refusals, handshakes, verdicts };
};

const refusalIn = (read: Readonly<Record<string, unknown>>): DemoRefusal | null => {
  const { step, service, trace_id: traceId, status, code, sent_at: sentAt, answered_at: answeredAt } = read;
  if (typeof step !== 'string' || (service !== 'identity' && service !== 'kms') || typeof traceId !== 'string') return null;
  if (typeof status !== 'number' || typeof sentAt !== 'number' || typeof answeredAt !== 'number') return null;
  return { step, service, traceId, status, code: typeof code === 'string' ? code : null, sentAt, answeredAt };
};

const handshakeIn = ({ step, handshake_from: from, handshake_to: to }: Readonly<Record<string, unknown>>): DemoHandshake | null =>
  typeof step === 'string' && typeof from === 'number' && typeof to === 'number' ? { step, from, to } : null;

const verdictIn = ({ step, passed, at }: Readonly<Record<string, unknown>>): DemoVerdict | null =>
  typeof step === 'string' && typeof passed === 'boolean' && typeof at === 'number' ? { step, isPassed: passed, at } : null;
