import { readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { getReaperImage } from 'testcontainers/build/reaper/reaper.js';
import { isAlive, ownIdentity } from '#engine/state/process-identity.ts';
import { imageProblem } from '#test/support/docker.ts';
import { runtimeClient } from './runtime.ts';

const OWNER = 'passthru.test.owner';
const PLACE = 'passthru.test.place';

/** Where process numbers mean the same: this machine, and the container on it that the tests may run in. */
const place = async (): Promise<string> => {
  const namespace = await readlink('/proc/self/ns/pid').catch(() => process.platform);
  return `${hostname()} ${namespace}`;
};

/** Labels that tell a later run whose container this is. */
export const ownerLabels = async (): Promise<Record<string, string>> => ({
  [OWNER]: `${process.pid} ${await ownIdentity()}`,
  [PLACE]: await place(),
});

const ownerLives = (owner: string): Promise<boolean> => {
  const [pid = '', ...identity] = owner.split(' ');
  return isAlive({ pid: Number(pid), identity: identity.join(' ') });
};

/** Removes the containers, with their data, that test runs on this machine left when they were killed. */
export const sweepLeftovers = async (): Promise<readonly string[]> => {
  const { dockerode } = (await runtimeClient()).container;
  const ours = await dockerode.listContainers({ all: true, filters: { label: [OWNER, `${PLACE}=${await place()}`] } });
  const swept: string[] = [];
  for (const { Id, Labels } of ours) {
    if (await ownerLives(Labels[OWNER] ?? '')) continue;
    await dockerode.getContainer(Id).remove({ force: true, v: true }).catch(ignoreGone);
    swept.push(Id);
  }
  return swept;
};

/** Another run may sweep at the same time: 404 is gone, 409 is going. */
const ignoreGone = (error: unknown): void => {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  if (status !== 404 && status !== 409) throw error;
};

let settled: Promise<void> | undefined;

/**
 * Leaves it to the reaper of Testcontainers to remove what a killed run leaves; where its image is not to be had, switches it
 * off, says so, and does that work here.
 */
export const settleReaper = (): Promise<void> => (settled ??= settle());

const settle = async (): Promise<void> => {
  if (process.env['TESTCONTAINERS_RYUK_DISABLED'] !== 'true') {
    const image = getReaperImage();
    const problem = await imageProblem(image);
    if (problem === null) return;
    // The workers of this run inherit it.
    process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';
    process.stderr.write(`Testcontainers goes without its reaper, leftovers are removed by label: no ${image}: ${problem}\n`);
  }
  const swept = await sweepLeftovers();
  if (swept.length > 0) process.stderr.write(`removed what killed test runs left: ${swept.map((id) => id.slice(0, 12)).join(', ')}\n`);
};
