/** A form as a browser would send it when Enter is pressed: hidden and filled fields, and its first submit button. */
export interface HtmlForm {
  readonly action: string;
  readonly method: string;
  /** Values by name, the first submit button included. */
  readonly fields: Readonly<Record<string, string>>;
  /** Names of the password fields. */
  readonly passwords: readonly string[];
  /** Whether it asks for a one-time code of an app. */
  readonly asksForCode: boolean;
}

type Attributes = Readonly<Record<string, string>>;

const TAG = /<(form|\/form|input|button)\b((?:[^>"']|"[^"]*"|'[^']*')*)>/gi;
const ATTRIBUTE = /([a-z][\w:.-]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/gi;
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** The forms of an HTML page; small and tolerant, made for the server-rendered pages of an Identity provider. */
export const parseForms = (page: string): readonly HtmlForm[] => {
  const forms: { id: string; attributes: Attributes; controls: { tag: string; attributes: Attributes }[] }[] = [];
  const outside: { tag: string; attributes: Attributes }[] = [];
  let open = false;
  for (const [, name = '', text = ''] of page.replaceAll(/<!--.*?-->/gs, '').matchAll(TAG)) {
    const tag = name.toLowerCase();
    const attributes = attributesOf(text);
    if (tag === 'form') {
      forms.push({ id: attributes['id'] ?? '', attributes, controls: [] });
      open = true;
    } else if (tag === '/form') open = false;
    // A control may stand outside and name its form.
    else if (attributes['form'] !== undefined) outside.push({ tag, attributes });
    else if (open) forms.at(-1)?.controls.push({ tag, attributes });
  }
  for (const control of outside) forms.find(({ id }) => id === control.attributes['form'])?.controls.push(control);
  return forms.map(({ attributes, controls }) => ({
    action: attributes['action'] ?? '',
    method: (attributes['method'] ?? 'get').toUpperCase(),
    fields: fieldsOf(controls),
    passwords: controls.filter((control) => control.attributes['type'] === 'password').map((control) => control.attributes['name'] ?? ''),
    asksForCode: controls.some((control) => control.attributes['autocomplete'] === 'one-time-code'),
  }));
};

const fieldsOf = (controls: readonly { tag: string; attributes: Attributes }[]): Record<string, string> => {
  const fields: Record<string, string> = {};
  let submitted = false;
  for (const { tag, attributes } of controls) {
    const { name, value = '', type = tag === 'button' ? 'submit' : 'text' } = attributes;
    if (type === 'submit') {
      if (!submitted && name !== undefined) fields[name] = value;
      submitted = true;
    } else if (name !== undefined && type !== 'button' && type !== 'reset' && (type !== 'checkbox' || 'checked' in attributes)) {
      fields[name] = value;
    }
  }
  return fields;
};

const attributesOf = (text: string): Attributes =>
  Object.fromEntries(
    [...text.matchAll(ATTRIBUTE)].map(([, name = '', double, single, bare]) => [
      name.toLowerCase(),
      decode(double ?? single ?? bare ?? ''),
    ]),
  );

const decode = (text: string): string =>
  text.replaceAll(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex?: string, decimal?: string, named?: string) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    return ENTITIES[named ?? ''] ?? whole;
  });
