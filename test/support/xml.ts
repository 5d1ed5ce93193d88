/** An element as a strict reader of XML sees it. */
export interface ReadElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly ReadElement[];
  readonly text: string;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' };

const unescaped = (raw: string): string =>
  raw.replaceAll(/&(?:#(\d+)|(\w+));|[&<]/g, (whole, code?: string, name?: string) => {
    const character = code === undefined ? ENTITIES[name ?? ''] : String.fromCodePoint(Number(code));
    if (character === undefined) throw new Error(`${whole} is no reference`);
    return character;
  });

const TOKEN = /<(\/?)([\w-]+)((?:\s+[\w.-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/gy;
// eslint-disable-next-line no-control-regex -- what XML 1.0 has no place for
const FORBIDDEN = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/;

/** Reads a document without comments, CDATA and doctype; throws where it is not well-formed XML 1.0. */
export const readXml = (document: string): ReadElement => {
  const head = '<?xml version="1.0" encoding="UTF-8"?>\n';
  if (!document.startsWith(head)) throw new Error('no XML declaration');
  if (FORBIDDEN.test(document) || !document.isWellFormed()) throw new Error('a character that XML cannot carry');
  const body = document.slice(head.length);
  const top = { name: '', attributes: {}, children: [] as ReadElement[], text: '' };
  const open = [top];
  let at = 0;
  for (const [whole, closing, name = '', attributes = '', empty, text] of body.matchAll(TOKEN)) {
    at += whole.length;
    const parent = open.at(-1) ?? top;
    if (text !== undefined) {
      parent.text += unescaped(text);
    } else if (closing === '/') {
      if (parent.name !== name || open.length === 1) throw new Error(`</${name}> closes nothing`);
      open.pop();
    } else {
      const pairs = [...attributes.matchAll(/([\w.-]+)="([^"]*)"/g)].map(([, key, value]) => [key, unescaped(value ?? '')]);
      const element = { name, attributes: Object.fromEntries(pairs) as Record<string, string>, children: [], text: '' };
      parent.children.push(element);
      if (empty !== '/') open.push(element);
    }
  }
  const [root, ...others] = top.children;
  if (at !== body.length || open.length !== 1 || root === undefined || others.length > 0) throw new Error(`not well-formed at ${at}`);
  return root;
};

/** Every element of that name below another, in the order of the document. */
export const allNamed = (element: ReadElement, name: string): readonly ReadElement[] =>
  element.children.flatMap((child) => [...(child.name === name ? [child] : []), ...allNamed(child, name)]);
