import type { X509Certificate } from 'node:crypto';
import { derValues } from './der-values.ts';
import { isRange, type PermittedNames, rangeBytes, rangeText } from './permitted-names.ts';

export const NAME_CONSTRAINTS = '2.5.29.30';

/** `2.5.29.30` in DER. */
const OID = Buffer.from([0x55, 0x1d, 0x1e]);
const [SEQUENCE, PERMITTED_SUBTREES, EXTENSIONS] = [0x30, 0xa0, 0xa3] as const;
/** Of a GeneralName: dNSName [2] and iPAddress [7]. */
const [DNS_NAME, IP_ADDRESS] = [0x82, 0x87] as const;

/** The value of the extension that permits these names and no others of their kinds. @see RFC 5280 section 4.2.1.10 */
export const nameConstraints = (permitted: PermittedNames): Buffer => {
  const subtrees = permitted.map((constraint) =>
    der(SEQUENCE, isRange(constraint) ? der(IP_ADDRESS, rangeBytes(constraint)) : der(DNS_NAME, Buffer.from(constraint, 'latin1'))),
  );
  return der(SEQUENCE, der(PERMITTED_SUBTREES, Buffer.concat(subtrees)));
};

/** The names that a certificate of an authority of ours permits; null where it permits all. */
export const permittedBy = ({ raw }: X509Certificate): PermittedNames | null => {
  const members = derValues(inside(raw)[0]?.content ?? Buffer.alloc(0));
  const extensions = inside(members.find(({ tag }) => tag === EXTENSIONS)?.content);
  const found = extensions.map(({ content }) => derValues(content)).find(([oid]) => oid?.content.equals(OID) === true);
  if (found === undefined) return null;
  const permitted = inside(found.at(-1)?.content).find(({ tag }) => tag === PERMITTED_SUBTREES);
  return derValues(permitted?.content ?? Buffer.alloc(0)).flatMap(({ content }) => {
    const [base] = derValues(content);
    if (base === undefined) return [];
    return [base.tag === IP_ADDRESS ? rangeText(base.content) : base.content.toString('latin1')];
  });
};

/** The values inside the one that the bytes hold. */
const inside = (bytes: Buffer | undefined) => derValues(derValues(bytes ?? Buffer.alloc(0))[0]?.content ?? Buffer.alloc(0));

const der = (tag: number, content: Uint8Array): Buffer => {
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
};
