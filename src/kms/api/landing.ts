import type { Landing } from '#infra/html/landing-page.ts';

/** What the KMS shows at its root. */
export const landingOf = (options: { readonly pages: boolean; readonly swaggerUi: boolean; readonly demo: boolean }): Landing => ({
  product: 'passthru KMS',
  purpose: 'A key management service: it encrypts, signs and wraps with keys that never leave it.',
  links: [
    ...(options.pages ? [{ path: '/ui/', title: 'Keys', about: 'log in with this browser, and work with the keys of your tenant' }] : []),
    ...(options.swaggerUi ? [{ path: '/ui/swagger/', title: 'Swagger UI', about: 'every operation, to be tried out in the browser' }] : []),
    { path: '/openapi.json', title: 'OpenAPI 3.1', about: 'the same description for programs, for example to generate a client' },
    { path: '/readyz', title: 'Readiness', about: 'whether it can serve' },
  ],
  ...(options.demo && {
    demo: 'This server holds demo data. The demo printed the accounts and their passwords at its end. Never put real data here.',
  }),
});
