import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createConnections } from '#client/session/connections.ts';
import { probe, readProbe } from '#demo/health/probe.ts';
import { stackAccess } from '#demo/step/stack-access.ts';
import type { Endpoints } from '#engine/engine.ts';
import { fakeEngine, unique } from '#test/support/demo-engine.ts';
import { listenOn } from '#test/support/engine.ts';
import { makePki } from '#test/support/pki.ts';

const signal = new AbortController().signal;

describe('A look at a port that takes connections and drops them, as one does that is published before anybody listens', () => {
  it.each([
    ['with a reset', (socket: Socket) => void socket.resetAndDestroy()],
    ['without a word', (socket: Socket) => void socket.destroy()],
  ])('says the same, whether it drops them %s', async (_, drop) => {
    await using pki = await makePki();
    await using listener = await listenOn(0);
    listener.server.on('connection', drop);
    const address = `localhost:${listener.port}`;
    const known = fakeEngine().endpoints();
    const endpoints: Endpoints = {
      ...known,
      caFile: `${pki.folder}/ca.pem`,
      identity: { ...known.identity, ready: `https://${address}/readyz` },
    };
    await using connections = createConnections({ caFile: endpoints.caFile });
    const seen = await probe({ stack: stackAccess({ endpoints, connections, signal }), service: 'identity', signal });
    expect(seen).toMatchObject({ state: 'unreachable', text: `${address} closes connections at once` });
  });
});

describe('readProbe', () => {
  it('names each required dependency that is down with its cause, and no optional one', () => {
    const cause = unique('refuses connections');
    const body = {
      detail: 'something',
      dependencies: {
        database: { state: 'up', required: true, cause: null },
        identity: { state: 'down', required: true, cause },
        telemetry: { state: 'down', required: false, cause: 'gone' },
      },
    };
    expect(readProbe(503, JSON.stringify(body))).toEqual({
      state: 'not-ready',
      text: `/readyz answers 503: identity down, ${cause}`,
      blockedBy: ['identity'],
      dependencies: ['database up', 'identity down', 'telemetry down'],
    });
  });

  it('gives the reason of the service itself', () => {
    expect(readProbe(503, JSON.stringify({ reason: 'sealed', dependencies: {} })).text).toBe('/readyz answers 503: sealed');
  });

  it.each(['', 'not json', 'null', '[]'])('takes a body that says nothing (%j) for not ready', (body) => {
    expect(readProbe(502, body)).toEqual({ state: 'not-ready', text: '/readyz answers 502', blockedBy: [], dependencies: [] });
  });
});
