/** How a client protects its requests, as the admin listener of Identity takes it. */
export interface ClientSecurityBody {
  readonly jwks?: object;
  readonly jwks_uri?: string;
  readonly require_pushed_authorization_requests?: boolean;
}
