import { recordsIn, type SignalKind } from '../../otlp-records.ts';
import type { DockerApi } from '../api/docker-api.ts';
import { linesOf } from '../connection/lines.ts';
import { readTar } from './tar.ts';

/** The collector's folder: one file for each kind, `traces.jsonl` for example, and older ones beside it, `traces-<time>.jsonl`. */
const FOLDER = '/var/lib/otel';

/** The OTLP JSON export requests of one kind that the collector received, oldest first, out of its container, running or not. */
export async function* readCollected(options: {
  api: DockerApi;
  containerId: string;
  kind: SignalKind;
  containing?: string;
}): AsyncGenerator<unknown> {
  const { api, containerId, kind, containing = '' } = options;
  const archive = await api.archive(containerId, FOLDER);
  if (archive === null) return;
  // The engine sends them by name: `-` of an older one comes before `.` of the current one, and the times are in order.
  for await (const { name, content } of readTar(archive)) {
    if (new RegExp(`(^|/)${kind}(-[^/]*)?\\.jsonl$`).test(name)) yield* recordsIn(linesOf(content), { containing });
  }
}
