import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { whyNotFree } from '#engine/ports.ts';
import { listenOn } from '#test/support/engine.ts';
import { reservePorts } from '#test/support/ports.ts';

describe('A port', () => {
  it('is taken while somebody listens on it, on either loopback address, and free afterwards', async () => {
    const { kms: port } = await reservePorts();
    for (const host of ['127.0.0.1', '::1']) {
      await using _holder = await listenOn(port, host);
      expect(await whyNotFree(port)).toBe('taken');
    }
    expect(await whyNotFree(port)).toBeNull();
  });

  it('is free although somebody else looks at it just now, as each look takes it for a moment', async () => {
    const { kms: port } = await reservePorts();
    const holder = await listenOn(port);
    const looked = whyNotFree(port);
    await pause(10);
    await holder[Symbol.asyncDispose]();
    expect(await looked).toBeNull();
  });
});
