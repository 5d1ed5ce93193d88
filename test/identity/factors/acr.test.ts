import { describe, expect, it } from 'vitest';
import { ACR_VALUES, acrOf, amrOf, demandedFactors, toldAcr } from '#identity/factors/acr.ts';
import { askedAcrOf } from '#identity/provider/records/asked-acr.ts';

const [ONE, TWO, PHR] = ACR_VALUES;
const APP = { totp: {}, passkeys: [] };
const KEY = { totp: null, passkeys: [{}] };
const BOTH = { totp: {}, passkeys: [{}] };
const NONE = { totp: null, passkeys: [] };

describe('How sure a log-in is', () => {
  it.each([
    [undefined, ONE, ['pwd']],
    ['otp', TWO, ['pwd', 'otp', 'mfa']],
    ['swk', PHR, ['pwd', 'swk', 'mfa']],
    ['hwk', PHR, ['pwd', 'hwk', 'mfa']],
  ] as const)('with %s as its second factor is %s', (second, acr, amr) => {
    expect([acrOf(amr), amrOf(second)]).toEqual([acr, amr]);
  });

  it.each([
    [PHR, [TWO], TWO],
    [PHR, [ONE, TWO], ONE],
    [TWO, [PHR, TWO], TWO],
    [TWO, [PHR], TWO],
    [ONE, [], ONE],
    [ONE, ['unknown'], ONE],
    [undefined, [ONE], undefined],
  ])('%s, where %j is asked for, is told as %s', (acr, asked, told) => {
    expect(toldAcr(acr, asked)).toBe(told);
  });
});

describe('A second factor', () => {
  it.each([
    [[], NONE, 'none'],
    [[ONE], NONE, 'none'],
    [['unknown'], NONE, 'none'],
    [[TWO], NONE, 'unmet'],
    [[PHR, ONE], NONE, 'none'],
    [[], APP, { code: true, passkey: false }],
    [[TWO], APP, { code: true, passkey: false }],
    [[PHR], APP, 'unmet'],
    [[PHR], BOTH, { code: false, passkey: true }],
    [[PHR, TWO], BOTH, { code: true, passkey: true }],
    [[], KEY, { code: true, passkey: true }],
    [[PHR], KEY, { code: false, passkey: true }],
  ] as const)('for %j of an account with %j is %j', (asked, factors, demanded) => {
    expect(demandedFactors(asked, factors)).toEqual(demanded);
  });
});

describe('What a client asks of acr', () => {
  it.each([
    [undefined, [], false],
    [null, [], false],
    ['text', [], false],
    [{ essential: true, value: TWO }, [TWO], true],
    [{ values: [TWO, 7, PHR] }, [TWO, PHR], false],
  ])('by the claim %j are %j', (claim, values, essential) => {
    expect(askedAcrOf(claim)).toEqual({ values, essential });
  });
});
