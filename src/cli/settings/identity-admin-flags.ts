import { setting } from './setting.ts';
import { folder, origin } from './value-types.ts';

/** Of an Identity on this machine, as it is delivered. */
export const IDENTITY_ADMIN_URL = 'https://localhost:9082';

/** Where an operator of Identity asks, and who asks. */
export const IDENTITY_ADMIN_FLAGS = {
  stateDir: setting({
    type: folder,
    default: null,
    flags: [{ help: 'state of the stack that is meant (default: PASSTHRU_STATE_DIR, else .passthru of the project here)' }],
  }),
  operator: setting({
    type: folder,
    default: null,
    flags: [{ help: "folder with ca.pem and an operator's cli-client.pem and .key (default: of the stack here)" }],
  }),
  url: setting({
    type: origin,
    default: null,
    flags: [{ help: `admin listener of Identity (default: of the stack here; with --operator ${IDENTITY_ADMIN_URL})` }],
  }),
} as const;
