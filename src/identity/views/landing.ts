import type { Landing } from '#infra/html/landing-page.ts';

/** What Identity shows at its root. */
export const landingOf = (options: { readonly demo: boolean }): Landing => ({
  product: 'passthru Identity',
  purpose: 'An OpenID provider: it logs people in for applications, and gives tokens to applications and services.',
  links: [
    {
      path: '/.well-known/openid-configuration',
      title: 'Discovery',
      about: 'everything that a client library needs; give it the issuer of this server',
    },
    { path: '/.well-known/jwks.json', title: 'Public keys', about: 'the keys that verify its tokens' },
    { path: '/readyz', title: 'Readiness', about: 'whether it can serve' },
  ],
  ...(options.demo && {
    demo: 'This server holds demo data. The demo printed the accounts and their passwords at its end. Never put real data here.',
  }),
});
