import { algorithmOf, ALGORITHM_NAMES, type AlgorithmName } from '../src/kms/jose/algorithms.ts';
import { JOSE_LIBRARIES, type JoseLibrary, opensWith } from '../src/kms/jose/libraries.ts';

/** A row of a table: what it is about, and the cell of each library. */
type Row = readonly [label: string, cells: readonly string[]];

const YES = '✓';
const NO = '–';
/** The library is not made for it. */
const NOTHING = '';

const cellsOf = (cell: (library: JoseLibrary) => boolean | string): readonly string[] =>
  JOSE_LIBRARIES.map((library) => {
    const value = cell(library);
    if (typeof value === 'string') return value;
    return value ? YES : NO;
  });

const tableOf = (rows: readonly Row[]): string => {
  // A library that has nothing to do with a table has no column in it.
  const columns = JOSE_LIBRARIES.map((_, index) => index).filter((index) => rows.some(([, cells]) => cells[index] !== NOTHING));
  const heads = columns.map((index) => `${JOSE_LIBRARIES[index]?.name} ${JOSE_LIBRARIES[index]?.version}`);
  const lines = rows.map(([label, cells]) => [label, ...columns.map((index) => cells[index])]);
  return [['', ...heads], ['---', ...columns.map(() => ':---:')], ...lines].map((line) => `| ${line.join(' | ')} |`).join('\n');
};

const factsOf = (name: AlgorithmName) => {
  const { jose, key } = algorithmOf(name);
  return { alg: jose.header.alg, curve: key.kind === 'pair' && jose.kind === 'jwe' ? key.curve : null };
};

const codes = (texts: readonly string[]): string => [...new Set(texts)].map((text) => `\`${text}\``).join(', ');

/** Algorithms with the same cells share a row, those with a choice of curves apart. */
const rowsOf = (names: readonly AlgorithmName[], cell: (library: JoseLibrary, name: AlgorithmName) => boolean | string): Row[] => {
  const groups = Map.groupBy(names, (name) => `${factsOf(name).curve !== null} ${cellsOf((library) => cell(library, name)).join('|')}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const facts = group.map(factsOf);
    const curves = facts.flatMap(({ curve }) => curve ?? []);
    const label = codes(facts.map(({ alg }) => alg)) + (curves.length === 0 ? '' : ` on ${[...new Set(curves)].join(', ')}`);
    return [[label, cellsOf((library) => cell(library, first))] satisfies Row];
  });
};

/** `enc` makes no difference to any of them. */
const OF_ONE_ENC = ALGORITHM_NAMES.filter((name) => name.startsWith('A256GCM/'));
const OF_PUBLIC_KEYS = OF_ONE_ENC.filter((name) => algorithmOf(name).key.kind === 'pair');
const SIGNATURES = ALGORITHM_NAMES.filter((name) => algorithmOf(name).jose.kind === 'jws');

const encryptsFor = ({ jwe }: JoseLibrary, name: AlgorithmName): boolean | string => {
  if (jwe === null) return NOTHING;
  const { alg, curve } = factsOf(name);
  return ![alg, curve].some((each) => each !== null && jwe.notEncryptedFor.includes(each));
};

const TABLES = {
  opens: [
    ...rowsOf(OF_ONE_ENC, (library, name) => (library.jwe === null ? NOTHING : opensWith(library, name))),
    ['a JWE with a context', cellsOf(({ jwe }) => (jwe === null ? NOTHING : jwe.readsContext || 'told'))],
  ],
  encrypts: rowsOf(OF_PUBLIC_KEYS, encryptsFor),
  verifies: rowsOf(SIGNATURES, (library, name) => {
    if (!opensWith(library, name)) return false;
    return library.notByJwkSet.includes(factsOf(name).alg) ? 'key' : true;
  }),
  sets: (['X25519', 'ML-DSA'] as const).map((kind): Row => [`an ${kind} key`, cellsOf((each) => !each.refusesSetsWith.includes(kind))]),
} as const satisfies Record<string, readonly Row[]>;

/** A page with the table of each comment that names one (`<!-- libraries: opens -->`) between that comment and `<!-- /libraries -->`. */
export const withLibraryTables = (page: string): string =>
  page.replace(/(<!-- libraries: (\w+) -->\n)[^]*?(<!-- \/libraries -->)/g, (_, opening: string, name: string, closing: string) => {
    if (!Object.hasOwn(TABLES, name)) throw new TypeError(`there is no table of libraries named ${name}`);
    return `${opening}\n${tableOf(TABLES[name as keyof typeof TABLES])}\n\n${closing}`;
  });
