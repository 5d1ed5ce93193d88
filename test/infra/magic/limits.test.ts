import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { HEALTH_FLAGS } from '#cli/settings/command-flags.ts';
import * as limits from '#infra/magic/limits.ts';

const {
  JWKS_MS,
  DISCOVERY_MS,
  INTROSPECTION_MS,
  OUTGOING_MS,
  TOKEN_MS,
  DEPENDENCY_MS,
  READYZ_MS,
  GUESS_MS,
  REFUSAL_MS,
  IN_FLIGHT_MS,
  ANSWER_MS,
} = limits;
const DEPLOYMENTS = join(import.meta.dirname, '../../../deployments');

/** Milliseconds for the way there and back, and for what is done beside the waiting. */
const ROOM_MS = 400;

interface Compose {
  readonly services?: Readonly<Record<string, { readonly healthcheck?: { readonly test?: unknown; readonly timeout?: string } }>>;
}

describe('Whoever waits', () => {
  it.each([
    ['a look at the issuer', DEPENDENCY_MS, 'a request for its keys', JWKS_MS],
    ['a request for its keys', JWKS_MS, 'its metadata, which say where they are', DISCOVERY_MS],
    ['the CLI for /readyz', READYZ_MS, 'the look at a dependency', DEPENDENCY_MS],
    ['the demo for the use of a key', ANSWER_MS, 'its introspection, after its keys', INTROSPECTION_MS + JWKS_MS],
    ['the demo for a log-in at the issuer', ANSWER_MS, 'code, refresh token, userinfo and keys', 3 * TOKEN_MS + JWKS_MS],
    ['the KMS for tokens', TOKEN_MS, 'the keys of a client, which Identity fetches', OUTGOING_MS],
    ['a server that closes', IN_FLIGHT_MS, 'the refusal of a guess that waited', REFUSAL_MS],
    ['the demo for a log-in', ANSWER_MS, 'the turn of a guess, and two checks of a password', GUESS_MS + 2 * 2_000],
  ])('%s waits longer than %s', (_caller, callers, _callee, callees) => {
    expect(callers).toBeGreaterThanOrEqual(callees + ROOM_MS);
  });

  it('for an answer of passthru health waits as long as the CLI does for /readyz', () => {
    expect(HEALTH_FLAGS.timeout.default).toBe(`${READYZ_MS / 1_000}s`);
  });

  it('for a health check of a container waits longer than the check does', async () => {
    const files = (await readdir(DEPLOYMENTS, { recursive: true })).filter((file) => /compose[^/]*\.yml$/.test(file));
    const documents = await Promise.all(
      files.map(async (file) => parse(await readFile(join(DEPLOYMENTS, file), 'utf8'), { merge: true }) as Compose),
    );
    const checks = documents.flatMap(({ services = {} }) => Object.values(services).flatMap(({ healthcheck }) => healthcheck ?? []));
    const seconds = checks.flatMap(({ timeout }) => (timeout === undefined ? [] : [Number(/^(\d+)s$/.exec(timeout)?.[1])]));
    expect(seconds.length).toBeGreaterThan(5);
    for (const each of seconds) expect(each * 1_000).toBeGreaterThanOrEqual(READYZ_MS + ROOM_MS);
  });
});
