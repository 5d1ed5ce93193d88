/** A value of JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [member: string]: Json };

/** A body as a recipe reads it. */
export interface Body {
  /** `page`: the outline of an HTML document; `text`: anything that is read as a whole only, whose value is null. */
  readonly kind: 'json' | 'form' | 'page' | 'text';
  readonly value: Json;
  /** The body as it travelled; in a record its digest, which is equal where two bodies were equal. */
  readonly text: string;
  /** Of `text` as it travelled, in UTF-8. */
  readonly bytes: number;
}

/** The value of a body that is an HTML document: nothing of its text but title and heading. */
export interface Page {
  readonly title: string | null;
  readonly heading: string | null;
  readonly asks_for_password: boolean;
  readonly forms: readonly {
    readonly action: string;
    readonly method: string;
    /** Values by name, those of hidden fields too. */
    readonly fields: Readonly<Record<string, string>>;
    readonly passwords: readonly string[];
  }[];
}

/**
 * One request and its answer. The same shape serves a run, where it holds what travelled, and a bundle, where secrets have digests in
 * their place; so a recipe that is read from the one can be read again from the other.
 */
export interface Exchange {
  /** `x1`, `x2`, … in the order of the answers. */
  readonly id: string;
  /** `<phase>.<name>` */
  readonly step: string;
  /** RFC 3339, when the request was sent. */
  readonly started_at: string;
  readonly duration_ms: number;
  readonly request: {
    readonly method: string;
    readonly url: string;
    /** Names in lower case. */
    readonly headers: Readonly<Record<string, string>>;
    readonly body: Body | null;
  };
  readonly answer: {
    readonly status: number;
    /** Names in lower case, `set-cookie` apart. */
    readonly headers: Readonly<Record<string, string>>;
    readonly cookies: readonly string[];
    readonly body: Body | null;
  };
}
