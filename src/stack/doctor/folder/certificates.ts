import { lookAtCertificates } from '#engine/files/look-at-certificates.ts';
import { readLastStart } from '#stack/record/last-start.ts';
import { fine, type Patient, warning } from '../patient/check.ts';

const FIX = '`passthru prepare` makes them anew, and so does the next start.';

/** The certificates of the state folder, those of the CA too: what the next start would make anew. */
export const checkCertificates = async ({ options: { stateDir, hosts }, machine }: Patient) => {
  const wanted = hosts ?? (await readLastStart(stateDir)).hosts;
  const { authority, leaves } = await lookAtCertificates({ stateDir, hosts: wanted, now: () => machine.now() });
  if (authority.state === 'missing') return fine('none yet: the next start makes them');
  if (authority.state === 'faulty') {
    return warning(
      `the CA is no good any more: ${authority.why}; whoever trusts it will need the new one`,
      '`passthru prepare` makes it anew, and so does the next start; then `passthru trust` tells who needs it.',
    );
  }
  const bad = leaves.filter(({ state }) => state !== 'sound');
  const ends = leaves.flatMap(({ endsAt }) => endsAt ?? []);
  if (bad.length === 0) return fine(`${leaves.length}, all good until ${dayOf(Math.min(...ends))} or longer`);
  const named = bad.map(({ name, state, why, endsAt }) => {
    if (endsAt !== null && endsAt <= machine.now()) return `${name}.pem expired on ${dayOf(endsAt)}`;
    return state === 'missing' ? `${name}.pem is missing` : `${name}.pem: ${why}`;
  });
  return warning(named.join('; '), FIX);
};

const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);
