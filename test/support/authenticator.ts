import type { Page } from 'playwright-core';

const INSIDE = {
  protocol: 'ctap2',
  transport: 'internal',
  hasResidentKey: true,
  hasUserVerification: true,
  isUserVerified: true,
  automaticPresenceSimulation: true,
} as const;

/** Gives a page an authenticator inside of its device, which answers for a person. */
export const addAuthenticator = async (page: Page): Promise<void> => {
  const devices = await page.context().newCDPSession(page);
  await devices.send('WebAuthn.enable');
  await devices.send('WebAuthn.addVirtualAuthenticator', { options: INSIDE });
};
