import type { IncomingHttpHeaders } from 'node:http';
import type { Configuration } from 'oidc-provider';
import type { Html } from '#infra/html/html.ts';
import type { Pair } from '#infra/http/request/form.ts';

/**
 * One feature of OAuth or OpenID Connect: what oidc-provider is told of it, and the endpoints that it opens. Each has a file, which also
 * holds the rules that are ours: `grants/` are the ways to a token, `tokens/` is what a token says and whether it still counts,
 * the rest lies here. Features see accounts, clients, resource servers, the store and views, and patch nothing: that is for `seams/`.
 *
 * `../features.ts` lists them, `../configuration.ts` puts their parts together, `../mount.ts` opens their endpoints.
 */
export interface Feature {
  /** Its part. The members `features`, `routes`, `ttl`, `discovery` and `enabledJWA` of all features are merged; any other is set by one feature alone. */
  readonly configuration: Configuration;
  readonly endpoints?: readonly Endpoint[];
}

/** A path that oidc-provider answers. */
export interface Endpoint {
  /** `:uid` is one segment. */
  readonly path: string;
  readonly methods: readonly ('GET' | 'POST' | 'OPTIONS')[];
  /**
   * A POST to an address for browsers is sent on to the same address by GET, with the form as its query (303). The standards want POST as
   * well as GET there, and a form of another site would bring no session: cookies are `SameSite=Lax`.
   */
  readonly postAs?: 'redirect';
  /** Whether such a POST may say nothing, because every parameter may be left out. */
  readonly mayBeEmpty?: boolean;
  /** Looks at the query before oidc-provider does. @throws AppError for a request that is refused */
  readonly checkQuery?: (pairs: readonly Pair[]) => void;
  /** Looks at the header before oidc-provider does. @throws AppError for a request that is refused */
  readonly checkHeaders?: (headers: IncomingHttpHeaders) => void;
  /** Looks at a form before oidc-provider does. @throws AppError for a request that is refused */
  readonly checkForm?: (pairs: readonly Pair[]) => void;
  /** Answers a form itself, before oidc-provider sees it; undefined leaves it to that. */
  readonly answerForm?: (pairs: readonly Pair[]) => Html | undefined;
  /** A page is for people; a program gets JSON, whatever it says it accepts. */
  readonly answers: 'page' | 'json';
  /** A media type that a program may accept in the place of JSON. */
  readonly answersToo?: string;
}
