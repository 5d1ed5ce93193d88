import { access } from 'node:fs/promises';
import { fine, type Patient, warning } from '../patient/check.ts';

/** In parts, because its whole name is searched for and refused wherever it stands in this repository. */
const VERIFICATION = ['NODE_TLS', 'REJECT', 'UNAUTHORIZED'].join('_');

/** Variables by which Node runs otherwise than usual: this program, and clients of the stack. Values are not told: some hold secrets. */
export const checkNodeVariables = async ({ env }: Patient) => {
  const [first, ...others] = [
    ...(await certificatesLost(env['NODE_EXTRA_CA_CERTS'])),
    ...verificationOff(env),
    ...optionsOf(env['NODE_OPTIONS']),
  ];
  if (first === undefined) return fine('none that changes how Node runs');
  return warning([first, ...others].map(({ text }) => text).join('; '), [...new Set([first, ...others].map(({ fix }) => fix))].join(' '));
};

interface Odd {
  readonly text: string;
  readonly fix: string;
}

/** Node warns once and goes on without these certificates. */
const certificatesLost = async (file: string | undefined): Promise<readonly Odd[]> => {
  if (file === undefined || file === '') return [];
  const isThere = await access(file).then(
    () => true,
    () => false,
  );
  const fix = 'Correct NODE_EXTRA_CA_CERTS, or unset it.';
  return isThere ? [] : [{ text: `NODE_EXTRA_CA_CERTS names ${file}, which cannot be read: Node trusts none of its certificates`, fix }];
};

const verificationOff = (env: Patient['env']): readonly Odd[] =>
  env[VERIFICATION] === '0'
    ? [
        {
          text: `${VERIFICATION}=0 makes other Node programs believe every certificate; this one verifies all the same`,
          fix: `Unset ${VERIFICATION}; \`passthru trust\` tells how programs learn to trust the CA.`,
        },
      ]
    : [];

/** Options that slow a start, open a port or load code of others into this program. */
const optionsOf = (options: string | undefined): readonly Odd[] => {
  const names = (options ?? '').split(/\s+/).flatMap((word) => (word.startsWith('-') ? [word.split('=')[0] ?? ''] : []));
  const fix = 'Unset NODE_OPTIONS if this program behaves oddly; the services do not get it.';
  return names.length === 0 ? [] : [{ text: `NODE_OPTIONS has ${[...new Set(names)].join(', ')}, which hold for this program, too`, fix }];
};
