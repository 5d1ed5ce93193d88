import { FORMAT } from '#infra/audit/lines.ts';
import type { Act } from '#kms/action.ts';
import type { Caller } from '#kms/caller.ts';

/** Characters of a text that a caller or an issuer chose. */
const MAX_TEXT = 512;

/** A text as every database holds it, and not longer than it may be: a record must never fail for the name of the one who acts. */
const told = (text: string): string => {
  const cut = text.length > MAX_TEXT ? text.slice(0, MAX_TEXT) : text;
  const whole = cut.isWellFormed() ? cut : cut.toWellFormed();
  return whole.includes('\0') ? whole.replaceAll('\0', '\uFFFD') : whole;
};
const toldOr = (text: string | null | undefined): string | undefined => (typeof text === 'string' ? told(text) : undefined);

/** What a record says before it has its place in a chain. */
export interface Entry {
  /** Epoch milliseconds. */
  readonly at: number;
  /** The tenant in whose name it was done, and the places in the index where it is found; null for a record of no tenant. */
  readonly found: Found | null;
  /** The canonical line of the record at its place. */
  line(chain: string, seq: number, previous: string): string;
}

export interface Found {
  readonly tenant: string;
  readonly key: string | undefined;
  readonly actor: string;
  readonly action: string;
  readonly outcome: string;
}

const credentialOf = ({ authentication }: Caller): { readonly issuer?: string | undefined; readonly token?: string } => {
  switch (authentication.kind) {
    case 'token':
      return { issuer: told(authentication.issuer), token: told(authentication.tokenId) };
    case 'session':
      return { issuer: toldOr(authentication.issuer), token: authentication.sessionId };
    default:
      return {};
  }
};

/** An act as an entry; it names the credential by its kind, issuer and token id, and holds nothing of what was sent or answered. */
export const entryOfAct = (act: Act, at: number): Entry => {
  const { caller, action, target, object, outcome, code, materialKeyId } = act;
  const { request, authentication } = caller;
  const key = toldOr(target?.elasticKeyId);
  const actor = told(caller.subject);
  return {
    at,
    found: { tenant: caller.tenant.id, key, actor, action: action.name, outcome },
    line: (chain, seq, previous) => {
      const { issuer, token } = credentialOf(caller);
      // In the order of their names, and absent where there is nothing to say: so this text is the canonical one.
      return JSON.stringify({
        action: action.name,
        address: request?.address,
        at,
        chain,
        code: code ?? undefined,
        credential: authentication.kind,
        elastic_key: key,
        issuer,
        kind: 'act',
        material_key: toldOr(materialKeyId ?? target?.materialKeyId),
        object: object && `${object.kind}:${object.id}`,
        outcome,
        previous,
        request: request?.id,
        seq,
        subject: actor,
        tenant: caller.tenant.id,
        token,
        trace: request?.traceId ?? undefined,
        username: toldOr(caller.username),
        v: FORMAT,
      });
    },
  };
};

/** Requests that were refused before it was known who asks for what. */
export interface RefusedRequests {
  /** Epoch milliseconds of the last one. */
  readonly at: number;
  /** An address, or the network of several. */
  readonly address: string;
  readonly code: string;
  readonly count: number;
  /** What they brought; absent where nothing could be read. */
  readonly credential: string | undefined;
  /** The tag of the name that was tried, as the log has it; absent in a sum. */
  readonly nameTag: string | undefined;
  readonly status: number;
  /** Where the credential was good, and something else was not. */
  readonly tenant: string | undefined;
}

export const entryOfRefusals = ({ at, address, code, count, credential, nameTag, status, tenant }: RefusedRequests): Entry => ({
  at,
  found: null,
  line: (chain, seq, previous) =>
    JSON.stringify({
      address,
      at,
      chain,
      code,
      count,
      credential,
      kind: 'refusals',
      name_tag: nameTag,
      previous,
      seq,
      status,
      tenant,
      v: FORMAT,
    }),
});
