import { fail, ok } from '#infra/apperr/result.ts';
import type { StackEngine } from '#engine/stack-engine.ts';
import type { DockerMachine, Patient } from '#stack/doctor/patient/check.ts';
import { type Machine, thisMachine } from '#stack/doctor/patient/machine.ts';

export const NOW = Date.UTC(2026, 5, 1, 12);

/** A machine that is well. */
export const machine = (change: Partial<Machine> = {}): Machine => ({
  nodeVersion: '26.1.0',
  nodeOnPath: async () => '26.1.0',
  linkedNode: async () => null,
  now: () => NOW,
  installedAt: async () => NOW - 1_000,
  availableMemory: () => 8 * 1024 ** 3,
  roomIn: async () => ({ bytes: 50 * 1024 ** 3, files: 1_000_000 }),
  reachLocalhost: thisMachine.reachLocalhost,
  ...change,
});

export const dockerMachine = (change: Partial<DockerMachine> = {}): DockerMachine => ({
  name: 'Docker Engine 28.5 on the default context',
  skewMs: 0,
  memory: 8 * 1024 ** 3,
  isRootless: false,
  ...change,
});

export interface PatientChange {
  readonly machine?: Partial<Machine>;
  readonly env?: Patient['env'];
  readonly stateDir?: string;
  readonly engine?: Partial<StackEngine>;
  /** Null: no Docker engine answers. */
  readonly docker?: Partial<DockerMachine> | null;
}

/** A stack on Docker that nothing is wrong with, but for the changes. */
export const patient = (change: PatientChange = {}): Patient => {
  const engine = { kind: 'docker', reason: 'Docker Engine 28.5', isFallback: false, ...change.engine } as StackEngine;
  return {
    options: {
      stateDir: change.stateDir ?? '/nowhere/.passthru',
      engine: 'auto',
      ports: {},
      hosts: [],
      signal: new AbortController().signal,
    },
    env: change.env ?? {},
    machine: machine(change.machine),
    engine: async () => ok(engine),
    docker: async () =>
      change.docker === null
        ? fail('docker-not-running', 'no Docker engine answers', { fix: 'Start Docker.' })
        : ok(dockerMachine(change.docker)),
  };
};
