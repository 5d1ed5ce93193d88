type AttributeValue = string | number | boolean;
export type LogAttributes = Readonly<Record<string, AttributeValue | null | undefined>>;

/** Severity numbers of the OpenTelemetry log data model. */
const SEVERITY = { DEBUG: 5, INFO: 9, WARN: 13, ERROR: 17 } as const;
export type Severity = keyof typeof SEVERITY;

export interface LogEntry {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly severity: Severity;
  /** `passthru.<what>`, stable. */
  readonly eventName: string;
  readonly body: string;
  readonly attributes: LogAttributes;
}

const anyValue = (value: AttributeValue): Record<string, unknown> => {
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'string') return { stringValue: value };
  // 64-bit integers are strings in the JSON mapping of protobuf.
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
};

/**
 * One LogRecord of OTLP/JSON, on one line.
 *
 * @see https://opentelemetry.io/docs/specs/otel/logs/data-model/
 */
export const logLine = ({ at, severity, eventName, body, attributes }: LogEntry): string =>
  JSON.stringify({
    // Epoch nanoseconds as a string: more digits than a number holds.
    timeUnixNano: `${BigInt(Math.round(at)) * 1_000_000n}`,
    observedTimeUnixNano: `${BigInt(Math.round(at)) * 1_000_000n}`,
    severityNumber: SEVERITY[severity],
    severityText: severity,
    eventName,
    body: { stringValue: body },
    attributes: Object.entries(attributes).flatMap(([key, value]) =>
      value === undefined || value === null ? [] : [{ key, value: anyValue(value) }],
    ),
  });
