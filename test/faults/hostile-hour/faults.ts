import { setTimeout as sleep } from 'node:timers/promises';
import type { SmallDisk } from '#test/support/small-disk.ts';
import { type Service, SERVICES, type Services } from './services.ts';

/** The parts that a fault may break. */
export interface Stage {
  readonly services: Services;
  readonly disk: SmallDisk | null;
  /** From 0 up to 1. */
  readonly random: () => number;
}

export interface Fault {
  readonly name: string;
  /** Answers that callers may get while it lasts, beside a connection that fails and a 503. */
  readonly allows: readonly number[];
  /** Breaks something, waits, and ends the fault. */
  run(stage: Stage): Promise<void>;
}

const between = (stage: Stage, least: number, most: number): number => least + stage.random() * (most - least);
const pause = (stage: Stage, least: number, most: number): Promise<void> => sleep(between(stage, least, most) * 1_000);
const someOf = (stage: Stage): Service => SERVICES[Math.floor(stage.random() * SERVICES.length)] ?? 'kms';

const kill = (service: Service): Fault => ({
  name: `kill -9 of ${service}`,
  allows: [],
  run: async (stage) => {
    await stage.services.kill(service);
    await pause(stage, 0, 4);
    await stage.services.start();
  },
});

const stop = (service: Service): Fault => ({
  name: `SIGSTOP of ${service}`,
  allows: [],
  run: async ({ services, ...stage }) => {
    services.signal(service, 'SIGSTOP');
    await pause({ services, ...stage }, 2, 15);
    services.signal(service, 'SIGCONT');
  },
});

const killAll: Fault = {
  name: 'kill -9 of all',
  allows: [],
  run: async (stage) => {
    await Promise.all(SERVICES.map((service) => stage.services.kill(service)));
    await stage.services.start();
  },
};

const fullDisk = ({ fill, free }: SmallDisk): Fault => ({
  name: 'full disk',
  allows: [507],
  run: async (stage) => {
    await fill();
    await pause(stage, 5, 20);
    await free();
  },
});

const fullDiskAndKill = ({ fill, free }: SmallDisk): Fault => ({
  name: 'full disk, and kill -9 on it',
  allows: [507],
  run: async (stage) => {
    await fill();
    await pause(stage, 1, 5);
    await stage.services.kill(someOf(stage));
    await free();
    await stage.services.start();
  },
});

/** Certificates begin a few minutes before they are made, so a clock that goes back further than that makes every handshake fail. */
const FURTHEST_BACK = 200;

/** Tokens that were issued on the other side of a step are too old or not yet valid: 401. */
const clockStep = (name: string, secondsOf: (stage: Stage) => number): Fault => ({
  name,
  allows: [401],
  run: async (stage) => {
    await stage.services.stepClock(Math.round(secondsOf(stage)));
    await pause(stage, 5, 15);
    await stage.services.stepClock(0);
    // The library looks for a step once a second.
    await sleep(2_000);
  },
});

/** The faults that this machine can inflict. */
export const faultsOf = ({ services, disk }: Pick<Stage, 'services' | 'disk'>): readonly Fault[] => [
  ...SERVICES.map(kill),
  killAll,
  ...SERVICES.map(stop),
  ...(disk === null ? [] : [fullDisk(disk), fullDiskAndKill(disk)]),
  ...(services.hasClock
    ? [
        clockStep('clock set back', (stage) => -between(stage, 1, FURTHEST_BACK)),
        clockStep('clock set forward', (stage) => between(stage, 1, 3_600)),
      ]
    : []),
];
