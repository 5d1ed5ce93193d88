import * as jose from 'jose';
import { randomUUIDv7 } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { algorithmOf, type AlgorithmName, VARIANTS } from '#kms/jose/algorithms.ts';
import { sealJwe } from '#kms/jose/jwe.ts';
import { signJws } from '#kms/jose/jws.ts';
import { importSecret } from '#kms/jose/key-material.ts';
import { JOSE_LIBRARIES, type JoseLibrary, opensWith } from '#kms/jose/libraries.ts';
import { secretFor } from '#test/kms/jose/secrets.ts';
import { formsOf, LIBRARIES, PAYLOAD } from '../../../../findings/jose-libraries.mjs';

type Forms = Awaited<ReturnType<typeof formsOf>>;
let forms: Forms;
beforeAll(async () => {
  forms = await formsOf(jose);
});

/** Every algorithm of JOSE on each of its curves, and with one size of RSA, which is that of the script. */
const NAMES: readonly AlgorithmName[] = [...VARIANTS.values()].flatMap((variants) =>
  variants.filter((name, index) => algorithmOf(name).jose.kind !== 'bytes' && (index === 0 || !/:\d+$/.test(name))),
);

/** The name of the form in the script: `enc/alg`, or `alg` of a signature, with the curve where there are several. */
const formNameOf = (name: AlgorithmName): string => {
  const { jose: form, key } = algorithmOf(name);
  if (form.kind !== 'jwe') return form.header.alg;
  const curve = key.kind === 'pair' && key.curve !== null ? `:${key.curve}` : '';
  return `${form.header.enc}/${form.header.alg}${curve}`;
};

const PUBLIC = NAMES.filter((name) => algorithmOf(name).key.kind === 'pair');
const VERIFIED = PUBLIC.filter((name) => algorithmOf(name).use === 'sign');

/** A value with the length of each text in its place, but for the words of `spoken`. */
const shapeOf = (value: unknown, spoken: readonly string[] = []): unknown => {
  if (typeof value === 'string') return value.length;
  return Object.fromEntries(
    Object.entries(Object(value) as object).map(([name, each]) => [name, spoken.includes(name) ? each : shapeOf(each, ['kty', 'crv'])]),
  );
};

/** All that one compact text has in common with others of its key. */
const shapeOfText = (text: string) => {
  const [header = '', ...segments] = text.split('.');
  return {
    header: shapeOf(JSON.parse(Buffer.from(header, 'base64url').toString()), ['alg', 'enc']),
    segments: segments.map(({ length }) => length),
  };
};

const made = async (name: AlgorithmName, context?: string) => {
  const algorithm = algorithmOf(name);
  const kid = randomUUIDv7();
  const { protecting, publicJwk } = importSecret(algorithm, kid, await secretFor(algorithm));
  const content = Buffer.from(PAYLOAD);
  const text =
    algorithm.jose.kind === 'jwe'
      ? await sealJwe({ algorithm, key: protecting, kid, context, plaintext: content })
      : await signJws({ algorithm, key: protecting, kid, payload: content });
  return { text, publicJwk };
};

describe('The script that measures libraries', () => {
  it.each(NAMES)('hands them what the KMS makes with %s, by header and lengths', async (name) => {
    const form = forms[formNameOf(name)];
    const { text } = await made(name);
    expect(shapeOfText(form?.text ?? '')).toEqual(shapeOfText(text));
  });

  it.each(VERIFIED)('hands them public keys of %s with the members that a JWK Set of the KMS has', async (name) => {
    const { publicJwk } = await made(name);
    const spoken = ['kty', 'crv', 'alg', 'use'];
    expect(publicJwk).not.toBeNull();
    expect(shapeOf(forms[formNameOf(name)]?.jwk, spoken)).toEqual(shapeOf(publicJwk, spoken));
  });

  it('hands them a JWE with a context as the KMS makes it', async () => {
    const { text } = await made('A256GCM/A256KW', 'invoice=2031-0042');
    expect(shapeOfText(forms['with ctx']?.text ?? '')).toEqual(shapeOfText(text));
  });

  it('hands them nothing else to open or verify', () => {
    const opened = Object.entries(forms).filter(([, { kind }]) => kind === 'jwe' || kind === 'jws');
    expect(opened.map(([name]) => name).toSorted()).toEqual([...new Set(NAMES.map(formNameOf)), 'with ctx'].toSorted());
  });
});

describe('The table of libraries', () => {
  it('has the libraries and versions that the script measures', () => {
    const measured = Object.entries(LIBRARIES).map(([name, { language, version, jwe }]) => ({ name, language, version, jwe }));
    expect(JOSE_LIBRARIES.map(({ name, language, version, jwe }) => ({ name, language, version, jwe: jwe !== null }))).toEqual(measured);
  });

  it.each(JOSE_LIBRARIES)('says of $name what the script finds', (library) => {
    const { refuses } = LIBRARIES[library.name] ?? { refuses: /^/ };
    const works = (form: string): boolean => {
      expect(Object.keys(forms)).toContain(form);
      return !refuses.test(form);
    };
    expect(works('ES256 beside a key with an unknown member')).toBe(true);
    const { jwe, notByJwkSet, refusesSetsWith } = library;
    expect({ opened: NAMES.filter((name) => opensWith(library, name)), jwe, notByJwkSet, refusesSetsWith }).toEqual({
      opened: NAMES.filter((name) => (jwe !== null || algorithmOf(name).jose.kind === 'jws') && works(formNameOf(name))),
      jwe: jwe && { ...jwe, notEncryptedFor: measuredNotEncryptedFor(works), readsContext: works('with ctx') },
      notByJwkSet: measuredNotByJwkSet(library, works),
      refusesSetsWith: (['X25519', 'ML-DSA'] as const).filter((kind) => !works(`ES256 beside an ${kind} key`)),
    });
  });
});

const measuredNotByJwkSet = (library: JoseLibrary, works: (form: string) => boolean): string[] =>
  VERIFIED.filter((name) => opensWith(library, name))
    .map(formNameOf)
    .filter((alg) => !works(`${alg} by JWK Set`));

/** The script tries for zeros in front of a coordinate on P-521 alone, where there are many; a library that leaves them away does so on all. */
const measuredNotEncryptedFor = (works: (form: string) => boolean): string[] => {
  const wrapping = PUBLIC.filter((name) => algorithmOf(name).use === 'wrap');
  const refused = wrapping.filter((name) => !works(`for ${formNameOf(name).replace('A256GCM/', '')}`));
  const factOf = (name: AlgorithmName): string => {
    const { key, jose: form } = algorithmOf(name);
    return (key.kind === 'pair' ? key.curve : null) ?? form.header.alg;
  };
  return [...new Set(refused.map(factOf))].flatMap((fact) => (fact === 'P-521' ? ['P-256', 'P-384', 'P-521'] : [fact]));
};
