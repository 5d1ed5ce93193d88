import { MetricReader } from '@opentelemetry/sdk-metrics';

/** Collects metrics when somebody asks for them, and never by itself. */
export class PullReader extends MetricReader {
  protected override async onShutdown(): Promise<void> {}
  protected override async onForceFlush(): Promise<void> {}
}
