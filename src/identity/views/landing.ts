import type { Landing, PublicAccount } from '#infra/html/landing-page.ts';

/**
 * Identity as its root shows it.
 *
 * @param options.demoAccounts accounts of the demo that may be shown; null where no demo runs
 */
export const landingOf = ({ demoAccounts }: { readonly demoAccounts: readonly PublicAccount[] | null }): Landing => ({
  product: 'passthru Identity',
  purpose: 'An OpenID provider: it logs people in for applications, and gives tokens to applications and services.',
  links: [
    {
      path: '/account',
      title: 'Your account',
      about: 'where you are logged in, what applications may do, your password and second factor',
    },
    {
      path: '/.well-known/openid-configuration',
      title: 'Discovery',
      about: 'everything that a client library needs; give it the issuer of this server',
    },
    { path: '/device', title: 'Connect a device', about: 'enter the code that a device or a command shows' },
    { path: '/.well-known/jwks.json', title: 'Public keys', about: 'the keys that verify its tokens' },
    { path: '/readyz', title: 'Readiness', about: 'whether it can serve' },
  ],
  ...(demoAccounts !== null && {
    demoAccounts,
    demo: 'This server holds demo data, and everybody may know its passwords. Never put real data here.',
  }),
});
