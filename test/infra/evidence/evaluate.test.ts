import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluate, render } from '#infra/evidence/evaluate.ts';
import type { Exchange, Json } from '#infra/evidence/exchange.ts';
import { namedIn, type Recipe, renamed } from '#infra/evidence/recipe.ts';

const body = (value: Json) => ({ kind: 'json' as const, value, text: JSON.stringify(value), bytes: 2 });
const exchange: Exchange = {
  id: 'x1',
  step: 'kms.keys',
  started_at: '2026-11-28T12:00:00.000Z',
  duration_ms: 3,
  request: { method: 'POST', url: 'https://kms.example/keys?name=a%20b', headers: {}, body: body({ plaintext: 'p' }) },
  answer: {
    status: 403,
    headers: {
      'www-authenticate': 'Bearer error="insufficient_scope"',
      location: '/ui/?code=c',
      'content-security-policy': "default-src 'none'; img-src *",
    },
    cookies: ['__Host-a=v; Path=/; Secure'],
    body: body({ code: 'scope-insufficient', items: [{ state: 'active' }, { state: 'revoked' }], 'a/b': 1 }),
  },
};
const read = (recipe: Recipe): Json => evaluate(recipe, (id) => (id === 'x1' ? exchange : undefined));
const bodyAt = (at: string): Recipe => ({ take: 'body', of: 'x1', at });

describe('a recipe', () => {
  const jwt = `${Buffer.from('{"alg":"ES256","kid":"k1"}').toString('base64url')}.${Buffer.from('{"sub":"s"}').toString('base64url')}.[secret x]`;

  it.each<[string, Recipe, Json]>([
    ['the status', { take: 'status', of: 'x1' }, 403],
    ['a member of the answer', bodyAt('/items/1/state'), 'revoked'],
    ['a member whose name is escaped', bodyAt('/a~1b'), 1],
    ['a member of the request', { take: 'sent', of: 'x1', at: '/plaintext' }, 'p'],
    ['one member of each entry', { do: 'each', with: bodyAt('/items'), at: '/state' }, ['active', 'revoked']],
    ['a number of entries', { do: 'count', with: bodyAt('/items') }, 2],
    [
      'the error of a challenge',
      { do: 'parameter', with: { take: 'header', of: 'x1', name: 'www-authenticate' }, name: 'error' },
      'insufficient_scope',
    ],
    [
      'a directive',
      { do: 'directive', with: { take: 'header', of: 'x1', name: 'content-security-policy' }, name: 'default-src' },
      "'none'",
    ],
    ['a parameter of the URL', { do: 'query', with: { take: 'url', of: 'x1' }, name: 'name' }, 'a b'],
    ['the path of a reference', { do: 'path', with: { take: 'header', of: 'x1', name: 'location' } }, '/ui/'],
    ['a cookie', { take: 'cookie', of: 'x1', name: '__Host-' }, ['v', 'Path=/', 'Secure']],
    ['a header of JOSE', { do: 'header', with: { take: 'value', value: jwt }, at: '/kid' }, 'k1'],
    ['a claim of a JWT whose signature is digested', { do: 'claim', with: { take: 'value', value: jwt }, at: '/sub' }, 's'],
    [
      'words, without what is not there',
      { do: 'words', with: [{ take: 'status', of: 'x1' }, bodyAt('/code'), bodyAt('/none')], between: ' ' },
      '403 scope-insufficient',
    ],
    ['equality', { do: 'equal', with: [bodyAt('/items/0'), { take: 'value', value: { state: 'active' } }] }, true],
    ['values that are not there differ from nothing', { do: 'different', with: [bodyAt('/none'), bodyAt('/code')] }, false],
    ['an exchange that is not there', { take: 'status', of: 'x2' }, null],
    ['a member that every object has', bodyAt('/constructor'), null],
  ])('gives %s', (_, recipe, value) => {
    expect(read(recipe)).toEqual(value);
  });

  it('never throws, whatever a stranger writes as one', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom('take', 'do'), fc.string(), (inner, verb, word) => {
        const strange = { [verb]: word, of: 'x1', at: '/items', with: inner } as unknown as Recipe;
        expect(() => read(strange)).not.toThrow();
      }),
    );
    for (const verb of [
      'header',
      'claim',
      'parts',
      'count',
      'query',
      'sorted',
      'list',
      'words',
      'equal',
      'all',
      'first',
      'different',
      'named',
      'contains',
      'before',
    ]) {
      for (const inner of [null, 1, 'x', [], {}, [null], { do: verb }])
        expect(() => read({ do: verb, with: inner } as unknown as Recipe)).not.toThrow();
    }
  });

  it('ends, however deep a stranger nests it', () => {
    let deep: Recipe = { take: 'status', of: 'x1' };
    for (let level = 0; level < 5_000; level += 1) deep = { do: 'sorted', with: deep };
    expect(read(deep)).toEqual([]);
    const claims = Buffer.from(`{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`).toString('base64url');
    expect(read({ do: 'claim', with: { take: 'value', value: `e30.${claims}.` }, at: '' })).toBeNull();
  });

  it('has its exchanges renamed, and is none where one has no name', () => {
    const recipe: Recipe<number> = {
      do: 'equal',
      with: [
        { take: 'status', of: 1 },
        { do: 'choose', if: { take: 'text', of: 2 }, yes: 1, no: 2 },
      ],
    };
    expect(namedIn(recipe)).toEqual([1, 2]);
    expect(namedIn(renamed(recipe, (n) => `x${n}`) as Recipe)).toEqual(['x1', 'x2']);
    expect(renamed(recipe, (n) => (n === 2 ? null : `x${n}`))).toBeNull();
  });
});

describe('a value that is printed', () => {
  it('stands on one line, and is cut where it is long', () => {
    expect(render(['a', 1, null])).toBe('a 1 null');
    expect(render({ a: 1 })).toBe('{"a":1}');
    expect(render('x'.repeat(500))).toHaveLength(160);
  });
});
