import { DEVICE_CODE, idOfReference, referenceTo, USER_CODE } from './payload-hashes.ts';

type Payload = Readonly<Record<string, unknown>>;

const withReference = (payload: Payload, member: string, kind: string): Payload => {
  const value = payload[member];
  return typeof value === 'string' ? { ...payload, [member]: referenceTo(kind, value) } : payload;
};

/**
 * The payload with references in the place of codes that somebody could use: the code that a person enters, in that of the device, and the
 * code of the device, in the payload of the interaction in which its person is asked.
 */
export const withoutDeviceCodes = (model: string, payload: Payload): Payload => {
  if (model === DEVICE_CODE) return withReference(payload, 'userCode', USER_CODE);
  return model === 'Interaction' ? withReference(payload, 'deviceCode', DEVICE_CODE) : payload;
};

/** A device code that was found by the code which a person entered: as oidc-provider compares it, and saves it again. */
export const withUserCode = (payload: Payload, reference: string, userCode: string): Payload => ({
  ...payload,
  jti: idOfReference(reference),
  userCode,
});
