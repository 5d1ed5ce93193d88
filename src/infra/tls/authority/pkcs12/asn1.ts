import * as asn1js from 'asn1js';

/**
 * The few kinds of ASN.1 values that PKCS#12 is made of, as DER: every length is definite, for Go's readers take no other.
 *
 * @see ITU-T X.690 section 10.1
 */
export const sequence = (...value: asn1js.BaseBlock[]) => new asn1js.Sequence({ value });

/** The order of a set is that of its encoded members. @see ITU-T X.690 section 11.6 */
export const setOf = (...members: asn1js.BaseBlock[]) =>
  new asn1js.Set({ value: members.toSorted((a, b) => Buffer.compare(derOf(a), derOf(b))) });

export const oid = (value: string) => new asn1js.ObjectIdentifier({ value });

export const integer = (value: number) => new asn1js.Integer({ value });

export const octets = (bytes: Uint8Array) => new asn1js.OctetString({ valueHex: new Uint8Array(bytes) });

export const nothing = () => new asn1js.Null();

export const bmpString = (value: string) => new asn1js.BmpString({ value });

/** `[0] EXPLICIT` */
export const inContext = (value: asn1js.BaseBlock) =>
  new asn1js.Constructed({ idBlock: { tagClass: CONTEXT, tagNumber: 0 }, value: [value] });

/** `[0] IMPLICIT OCTET STRING` */
export const octetsInContext = (bytes: Uint8Array) =>
  new asn1js.Primitive({ idBlock: { tagClass: CONTEXT, tagNumber: 0 }, valueHex: new Uint8Array(bytes) });

export const derOf = (value: asn1js.BaseBlock): Buffer => Buffer.from(value.toBER());

const CONTEXT = 3;

export type Asn1 = asn1js.BaseBlock;
