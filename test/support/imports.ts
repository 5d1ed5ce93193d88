import { readFile, readdir } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { isNode, type Node, readSyntax } from './syntax.ts';

/** One import of a module: the file that has it (relative to the root) and what it names. */
export interface Import {
  readonly file: string;
  readonly specifier: string;
  /** Path relative to the root for a file of ours; null for a package or a built-in. */
  readonly target: string | null;
  /** Node drops an import of types alone. */
  readonly isType: boolean;
  /** Loaded when it is called for, and not with the file. */
  readonly isLater: boolean;
}

/** Code that loads a module and does not say which in so many words: `import(name)`, `getBuiltinModule`, `require`. */
export interface HiddenImport {
  readonly file: string;
  readonly code: string;
}

const MODULE = /\.[cm]?[jt]sx?$/;

/** Functions that load a module in another way than an import does; none of them is needed here. */
const LOADERS = ['getBuiltinModule', 'createRequire', 'require'];

const isLoader = (node: Node): boolean =>
  (node.type === 'Identifier' && LOADERS.includes(String(node['name']))) ||
  // As in process['getBuiltinModule']; 'require' is a word of TLS, too.
  (node.type === 'Literal' && node['value'] !== 'require' && LOADERS.includes(String(node['value'])));

/** The text of a string, or of a template without a gap; null for anything that is known at run time only. */
const textOf = (node: unknown): string | null => {
  if (!isNode(node)) return null;
  if (node.type === 'Literal' && typeof node['value'] === 'string') return node['value'];
  if (node.type === 'TemplateLiteral' && (node['expressions'] as unknown[]).length === 0)
    return (node['quasis'] as { readonly value: { readonly cooked: string } }[])[0]?.value.cooked ?? null;
  return null;
};

const targetOf = (file: string, specifier: string): string | null => {
  if (specifier.startsWith('#test/')) return specifier.slice(1);
  if (specifier.startsWith('#')) return join('src', specifier.slice(1)).split(sep).join('/');
  if (specifier.startsWith('.'))
    return relative('.', join(dirname(file), specifier))
      .split(sep)
      .join('/');
  return null;
};

interface Imports {
  readonly imports: readonly Import[];
  readonly hidden: readonly HiddenImport[];
}

const readImports = (file: string, text: string): Imports => {
  const imports: Import[] = [];
  // By where it stands: a name that is imported as itself is two nodes in one place.
  const hidden = new Map<number, HiddenImport>();
  const hide = ({ start, end }: Node): void => void hidden.set(start, { file, code: text.slice(start, end) });
  const load = (node: Node, name: unknown, isType: boolean): void => {
    const isLater = node.type === 'ImportExpression';
    const specifier = textOf(name);
    if (specifier === null || /^(\/|file:|data:)/.test(specifier)) hide(node);
    else imports.push({ file, specifier, target: targetOf(file, specifier), isType, isLater });
  };
  for (const node of readSyntax(file, text)) {
    switch (node.type) {
      case 'ImportDeclaration':
        load(node, node['source'], node['importKind'] === 'type');
        break;
      case 'ExportNamedDeclaration':
      case 'ExportAllDeclaration':
        if (isNode(node['source'])) load(node, node['source'], node['exportKind'] === 'type');
        break;
      case 'ImportExpression':
        load(node, node['source'], false);
        break;
      case 'TSImportType':
        load(node, node['source'], true);
        break;
      case 'TSExternalModuleReference':
        load(node, node['expression'], false);
        break;
      default:
        if (isLoader(node)) hide(node);
    }
  }
  return { imports, hidden: [...hidden.values()] };
};

/** Everything below `<root>/<folder>` that loads a module: static and dynamic, of values and of types, and what cannot be read. */
export const readImportsBelow = async (root: string, folder = 'src'): Promise<Imports> => {
  const names = (await readdir(join(root, folder), { recursive: true })).filter((name) => MODULE.test(name));
  const files = names.map((name) => join(folder, name).split(sep).join('/'));
  const lists = await Promise.all(files.map(async (file) => readImports(file, await readFile(join(root, file), 'utf8'))));
  return { imports: lists.flatMap(({ imports }) => imports), hidden: lists.flatMap(({ hidden }) => hidden) };
};
