/** The password of an account of the demo, or the secret of a client: predictable on purpose, and documented with a warning. */
export const demoPassword = (name: string): string => `${name}-password`;
