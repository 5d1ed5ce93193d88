import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';

const src = join(import.meta.dirname, '../src');

const FORMATTER = join(src, '../node_modules/oxfmt/bin/oxfmt');

const HEAD = `// Checks the bundle that it lies in: node verify.mjs [folder] [--ca file.pem | --fingerprint sha256] [--json]
// Made of the sources of passthru by \`npm run generate\`; it needs Node alone, and asks nobody.
`;

const LAST = `const { exitCode, text } = await entry.main(process.argv.slice(2), import.meta.url);
console.log(text);
process.exitCode = exitCode;
`;

/** The program `verify.mjs` of a bundle: the code of `passthru evidence verify`, as one file. */
export const verifierSource = async (): Promise<string> => {
  const input = `${HEAD}${await oneFile(pathToFileURL(join(src, 'infra/evidence/bundle/main.ts')).href)}${LAST}`;
  // An auditor may want to read it.
  return execFileSync(process.execPath, [FORMATTER, '--stdin-filepath', 'verify.mjs'], { input, encoding: 'utf8', cwd: join(src, '..') });
};

/**
 * A module and all that it imports as the text of one module, which imports nothing but `node:…`. It is for modules of ours: named imports
 * at the beginning, named exports of what is declared there, no circle, no `import()`.
 *
 * @throws Error for a module that imports a package
 */
const oneFile = async (entry: string): Promise<string> => {
  const builtins: string[] = [];
  const modules: string[] = [];
  const urls: string[] = [];

  const link = async (url: string): Promise<string> => {
    if (urls.includes(url)) return nameOf(urls, url, 'm');
    const { imports, body, exports } = partsOf(withoutTypes(await readFile(new URL(url), 'utf8')));
    const given: string[] = [];
    for (const { bindings, specifier } of imports) {
      const from = specifier.startsWith('node:') ? nameOf(builtins, specifier, 'n') : await link(resolved(specifier, url));
      if (bindings !== '') given.push(`const { ${bindings.replaceAll(' as ', ': ')} } = ${from};`);
    }
    const name = nameOf(urls, url, 'm');
    modules.push(`const ${name} = (() => {\n${[...given, body.trim()].join('\n')}\nreturn { ${exports.join(', ')} };\n})();`);
    return name;
  };

  const first = await link(entry);
  const head = builtins.map((specifier, at) => `import * as n${at} from '${specifier}';`);
  return `${[...head, ...modules, `const entry = ${first};`].join('\n')}\n`;
};

const nameOf = (list: string[], one: string, prefix: string): string => {
  if (!list.includes(one)) list.push(one);
  return `${prefix}${list.indexOf(one)}`;
};

const resolved = (specifier: string, from: string): string => {
  if (specifier.startsWith('.')) return new URL(specifier, from).href;
  if (specifier.startsWith('#')) return pathToFileURL(join(src, specifier.slice(1))).href;
  throw new Error(`${from} imports ${specifier}, which is not to be had everywhere`);
};

const withoutTypes = (text: string): string =>
  stripTypeScriptTypes(text)
    .replaceAll(/[ \t]+$/gm, '')
    .replaceAll(/\n{3,}/g, '\n\n');

const IMPORT = /^import\s+(?:\{([^}]*)\}\s+from\s+)?'([^']+)';$/gm;
const EXPORT = /^export (const|class|function|async function\*?) (\w+)/gm;

const partsOf = (source: string) => ({
  imports: [...source.matchAll(IMPORT)].map(([, bindings = '', specifier = '']) => ({
    bindings: bindings
      .split(',')
      .map((each) => each.trim())
      .filter((each) => each !== '')
      .join(', '),
    specifier,
  })),
  exports: [...source.matchAll(EXPORT)].map(([, , name = '']) => name),
  body: source
    .replaceAll(IMPORT, '')
    .replaceAll(EXPORT, '$1 $2')
    .replaceAll(/^export \{\};?$/gm, ''),
});
