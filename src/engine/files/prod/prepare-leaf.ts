import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { InternalError } from '#infra/apperr/app-error.ts';
import type { LeafRequest } from '#infra/tls/authority/store.ts';
import { type CertificateFacts, finishPair, type LeafPair, readPair, writePair } from './leaf-pair.ts';
import type { Signing } from './signing.ts';

/** Certificates that end sooner are due, milliseconds: a third of the 90 days for which they are signed. */
export const RENEWAL_MARGIN_MS = 30 * 86_400_000;

/** `due`: to be renewed; `ended`: nobody accepts it any more. */
export type CertificateState = 'good' | 'due' | 'ended';

/** A certificate of production, as it is now. */
export interface PreparedCertificate {
  readonly file: string;
  readonly names: readonly string[];
  /** Epoch milliseconds. */
  readonly endsAt: number;
  readonly state: CertificateState;
  /** Names that it should be valid for and is not. */
  readonly lacks: readonly string[];
  /** Whether our authority signed it; null where the authority is not at hand. */
  readonly isOurs: boolean | null;
}

/**
 * Makes the certificate where there is none, and signs it anew where that is asked for, it is due or lacks a name, and is ours. It keeps
 * its names then and gets those that it lacks.
 *
 * @throws AppError of `readPair`, and of `Signing` where something is to be signed
 */
export const prepareLeaf = async (options: {
  readonly pair: LeafPair;
  readonly leaf: LeafRequest;
  readonly signing: Signing;
  readonly renew: boolean;
  /** Epoch milliseconds. */
  readonly now: number;
}): Promise<PreparedCertificate & { readonly fate: 'made' | 'kept' | 'renewed' }> => {
  const { pair, leaf, signing, renew, now } = options;
  const wasFinished = await finishPair(pair);
  const issuingPem = await signing.issuingPem();
  const there = await readPair(pair);
  const described = there === null ? null : describe(there, { leaf, issuingPem, now });
  const isWanted = described !== null && renew && (described.state !== 'good' || described.lacks.length > 0);
  if (described !== null && !(isWanted && described.isOurs !== false)) return { ...described, fate: wasFinished ? 'renewed' : 'kept' };
  const names = leaf.names === undefined ? undefined : [...new Set([...(described?.names ?? []), ...leaf.names])];
  await writePair(pair, await signing.issue({ ...leaf, ...(names === undefined ? {} : { names }) }));
  const made = await readPair(pair);
  if (made === null) throw new InternalError(`${pair.cert} disappeared while it was made`);
  return { ...describe(made, { leaf, issuingPem: await signing.issuingPem(), now }), fate: described === null ? 'made' : 'renewed' };
};

const describe = (
  { file, names, endsAt, certificate }: CertificateFacts,
  { leaf, issuingPem, now }: { readonly leaf: LeafRequest; readonly issuingPem: string | null; readonly now: number },
): PreparedCertificate => {
  const issuing = issuingPem === null ? null : new X509Certificate(issuingPem);
  return {
    file,
    names,
    endsAt,
    state: stateOf(endsAt, now),
    lacks: (leaf.names ?? []).filter((name) => (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) === undefined),
    isOurs: issuing === null ? null : certificate.checkIssued(issuing) && certificate.verify(issuing.publicKey),
  };
};

const stateOf = (endsAt: number, now: number): CertificateState => {
  if (endsAt <= now) return 'ended';
  return endsAt - RENEWAL_MARGIN_MS <= now ? 'due' : 'good';
};
