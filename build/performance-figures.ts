import { readFile } from 'node:fs/promises';
import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';

/** One measurement, a median: a product answers a call over so many connections, and a bare server beside it in the same run. */
const Figure = Type.Object(
  {
    service: Type.Enum(['kms', 'identity']),
    product: Type.String({ minLength: 1 }),
    call: Type.String({ minLength: 1 }),
    connections: Type.Integer({ minimum: 1 }),
    /** Processor time of one call, in microseconds. */
    cpuMicros: Type.Number({ exclusiveMinimum: 0 }),
    /** The same as a multiple of what the bare server takes. */
    timesBare: Type.Number({ exclusiveMinimum: 0 }),
    /** Calls a second, as a share of those of the bare server. */
    shareOfBare: Type.Number({ exclusiveMinimum: 0 }),
    p99Ms: Type.Number({ exclusiveMinimum: 0 }),
    /** Memory of the process when the measurement ended; null where it was not noted for this call. */
    residentMiB: Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.Null()]),
  },
  { additionalProperties: false },
);
export type Figure = Static<typeof Figure>;

/** The figures of docs/performance.md, from which its tables and its picture are made. */
export const performanceFigures = async (): Promise<readonly Figure[]> =>
  Value.Parse(Type.Array(Figure), JSON.parse(await readFile(new URL('../docs/performance.json', import.meta.url), 'utf8')));
