type Json = null | boolean | number | string | readonly Json[] | { readonly [member: string]: Json };

interface Body {
  readonly kind: 'json' | 'form' | 'page' | 'text';
  readonly value: Json;
  readonly text: string;
  readonly bytes: number;
}

export interface Exchange {
  readonly id: string;
  readonly step: string;
  readonly started_at: string;
  readonly duration_ms: number;
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: Body | null;
  };
  readonly answer: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly cookies: readonly string[];
    readonly body: Body | null;
  };
}
