import { Type } from 'typebox';
import { filePath, httpsUrl, strictObject } from '#infra/config/schema.ts';

/** How browsers log in to the KMS at an issuer, where the KMS is a confidential client. */
export const browserLogInSchema = strictObject(
  {
    name: Type.String({ minLength: 1, maxLength: 64, default: 'Identity', description: 'what the log-in page calls the issuer' }),
    client_id: Type.String({
      minLength: 1,
      maxLength: 128,
      description: 'a confidential client of the issuer with the redirect address <server.browser.origin>/ui/callback',
    }),
    client_secret_file: filePath({ description: 'file of mode 0600 with its secret' }),
    authorization_endpoint: httpsUrl('where browsers begin a log-in'),
    token_endpoint: httpsUrl('where the KMS redeems the code of a log-in'),
    userinfo_endpoint: httpsUrl('where the KMS asks for the name of who logged in'),
    end_session_endpoint: Type.Optional(httpsUrl('where browsers end their session at the issuer after a log-out')),
  },
  { description: 'how browsers log in at this issuer; it takes server.browser. Without it nobody does' },
);
