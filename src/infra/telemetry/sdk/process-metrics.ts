import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { Meter } from '@opentelemetry/api';

const MICROSECONDS = 1e6;
const NANOSECONDS = 1e9;

/**
 * Processor, memory and event loop of this process, looked at when metrics are collected.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/system/process-metrics/
 * @see https://opentelemetry.io/docs/specs/semconv/runtime/nodejs-metrics/
 */
export const measureProcess = (meter: Meter): Disposable => {
  const delay = monitorEventLoopDelay();
  delay.enable();
  meter.createObservableCounter('process.cpu.time', { description: 'Time of processors', unit: 's' }).addCallback((result) => {
    const { user, system } = process.cpuUsage();
    result.observe(user / MICROSECONDS, { 'cpu.mode': 'user' });
    result.observe(system / MICROSECONDS, { 'cpu.mode': 'system' });
  });
  const gauge = (name: string, description: string, unit: string, value: () => number): void =>
    meter.createObservableGauge(name, { description, unit }).addCallback((result) => result.observe(value()));
  gauge('process.memory.usage', 'Memory in use (resident set)', 'By', () => process.memoryUsage.rss());
  gauge('v8js.memory.heap.used', 'Memory of the heap in use', 'By', () => process.memoryUsage().heapUsed);
  gauge('process.uptime', 'Time since the start', 's', () => process.uptime());
  gauge('nodejs.eventloop.utilization', 'Part of the time, since the start, in which the event loop was busy', '1', () => {
    return performance.eventLoopUtilization().utilization;
  });
  gauge('nodejs.eventloop.delay.p99', '99 of 100 turns of the event loop came at most so late, since the last look', 's', () => {
    const late = delay.percentile(99) / NANOSECONDS;
    delay.reset();
    return late;
  });
  return { [Symbol.dispose]: () => delay.disable() };
};
