import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { combineShares, makeShares } from '#infra/secrets/unseal-shares.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const part = (share: string | undefined, position: number) => share?.split('.')[position] ?? '';

describe('unseal shares', () => {
  it('bring back the same 32 bytes from any shares that are enough, in any order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 6 }),
        fc.integer({ min: 0, max: 4 }),
        fc.infiniteStream(fc.nat()),
        async (threshold, more, stream) => {
          const shares = await makeShares({ threshold, shares: threshold + more });
          const all = hex(await combineShares(shares));
          const shuffled = shares
            .map((share) => ({ share, order: stream.next().value }))
            .toSorted((a, b) => a.order - b.order)
            .map(({ share }) => share);
          expect(all).toMatch(/^[0-9a-f]{64}$/);
          expect(hex(await combineShares(shuffled.slice(0, threshold)))).toBe(all);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('of two sets differ, and a newline at the end does no harm', async () => {
    const options = { threshold: 2, shares: 3 };
    const [a, b] = [await makeShares(options), await makeShares(options)];
    expect(hex(await combineShares(a))).not.toBe(hex(await combineShares(b)));
    expect(hex(await combineShares(a.map((share) => `${share}\n`)))).toBe(hex(await combineShares(a)));
  });

  it('fewer than the threshold are refused, with how many are needed', async () => {
    const shares = await makeShares({ threshold: 3, shares: 5 });
    await expect(combineShares(shares.slice(0, 2))).rejects.toMatchObject({
      code: 'unseal-shares-too-few',
      status: 400,
      message: '2 of the 3 unseal shares that are needed were given',
    });
    await expect(combineShares([])).rejects.toMatchObject({ code: 'unseal-shares-too-few' });
  });

  it('of different sets are refused', async () => {
    const options = { threshold: 2, shares: 2 };
    const [a, b] = [await makeShares(options), await makeShares(options)];
    await expect(combineShares([a[0] ?? '', b[1] ?? ''])).rejects.toMatchObject({ code: 'unseal-shares-mixed' });
  });

  it('given twice are refused', async () => {
    const [share = ''] = await makeShares({ threshold: 2, shares: 2 });
    await expect(combineShares([share, share])).rejects.toMatchObject({ code: 'unseal-shares-duplicate' });
  });

  it('that are damaged are refused by position, without their text', async () => {
    const [first = '', second = ''] = await makeShares({ threshold: 2, shares: 2 });
    const payload = part(second, 5);
    const flipped = second.replace(payload, (payload.startsWith('A') ? 'B' : 'A') + payload.slice(1));
    for (const bad of [flipped, second.slice(0, -1), '', 'no share', second.toUpperCase()]) {
      const error = await combineShares([first, bad]).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'unseal-shares-damaged' });
      expect(String(error)).toContain('unseal share 2');
      expect(String(error)).not.toContain(payload.slice(1));
    }
  });

  it('that were altered with a right checksum still do not unseal', async () => {
    const [first = '', second = ''] = await makeShares({ threshold: 2, shares: 2 });
    const bytes = Buffer.from(part(second, 5), 'base64url');
    bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0);
    const body = second.slice(0, second.lastIndexOf('.')).replace(part(second, 5), bytes.toString('base64url'));
    const forged = `${body}.${createHash('sha256').update(body).digest('hex').slice(0, 16)}`;
    await expect(combineShares([first, forged])).rejects.toMatchObject({ code: 'unseal-shares-damaged' });
  });

  it('are not made where one alone would do, or where there are too few', async () => {
    for (const options of [
      { threshold: 1, shares: 3 },
      { threshold: 3, shares: 2 },
      { threshold: 2, shares: 256 },
      { threshold: 2.5, shares: 3 },
    ]) {
      await expect(makeShares(options)).rejects.toThrow(TypeError);
    }
  });
});
