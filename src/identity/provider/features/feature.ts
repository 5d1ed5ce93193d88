import type { Configuration } from 'oidc-provider';

/**
 * One feature of OAuth or OpenID Connect a file: what oidc-provider is told of it, the endpoints that it opens, and the rules that are
 * ours. Features know accounts, clients, resource servers, the store and views; they know nothing of each other, and patch nothing
 * (that is for `seams/`). `../features.ts` lists them, `../configuration.ts` puts their parts together, `../mount.ts` opens
 * their endpoints.
 */
export interface Feature {
  /** Its part of the configuration. The members `features`, `routes`, `ttl` and `discovery` of all features are merged, all others are one feature's own. */
  readonly configuration: Configuration;
  readonly endpoints?: readonly Endpoint[];
}

/** A path that oidc-provider answers. */
export interface Endpoint {
  /** `:uid` is one segment. */
  readonly path: string;
  readonly methods: readonly ('GET' | 'POST' | 'OPTIONS')[];
  /** A page is for people; a program gets JSON, whatever it says it accepts. */
  readonly answers: 'page' | 'json';
}
