import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { orThrow } from '#infra/apperr/or-throw.ts';
import type { ReversibleFault } from '#engine/faults/create-fault-door.ts';
import type { ServiceName } from '../../engine.ts';
import type { Supervisor } from '../children/supervisor.ts';
import type { Layout } from '../files/layout.ts';
import { listens } from './listens.ts';

/** Places where Debian's package `libfaketime` puts the library. */
const PLACES = ['x86_64', 'aarch64'].map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketime.so.1`);
/** The library looks for a step once a second. */
const NOTICED_MS = 1_200;

/** Variables under which a process reads its wall clock from a file that says how far it is off; its steady clock stays that of the machine. */
export const variablesOf = (library: string, file: string): Readonly<Record<string, string>> => ({
  LD_PRELOAD: library,
  FAKETIME_TIMESTAMP_FILE: file,
  FAKETIME_CACHE_DURATION: '1',
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
});

/** The library, where this machine has it. */
export const clockLibrary = (): string | undefined => PLACES.find((place) => existsSync(place));

/** Sets the clock in such a file. */
export const setClock = (file: string, seconds: number): Promise<void> => writeFile(file, `${seconds < 0 ? '' : '+'}${seconds}\n`);

/** A wall clock of its own for one service, which is started with the right time and then stepped. Taken back, the service is stopped. */
export const fakedClock = ({
  layout,
  supervisor,
}: {
  readonly layout: Layout;
  readonly supervisor: Supervisor;
}): ReversibleFault<{ readonly service: ServiceName; readonly seconds: number }> => ({
  whyNot: () => Promise.resolve(clockLibrary() === undefined ? 'libfaketime is not installed' : null),
  inflict: async ({ service, seconds }) => {
    const file = join(layout.folder.drill, 'clock');
    await mkdir(layout.folder.drill, { recursive: true, mode: 0o700 });
    await setClock(file, 0);
    await supervisor.stop(service);
    orThrow(await supervisor.startAgain(service, variablesOf(clockLibrary() ?? '', file)));
    await listens(layout, service);
    await setClock(file, seconds);
    await pause(NOTICED_MS);
  },
  takeBack: async ({ service }) => void (await supervisor.stop(service)),
});
