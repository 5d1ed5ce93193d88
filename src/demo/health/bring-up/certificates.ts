import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { AppError } from '#infra/apperr/app-error.ts';
import type { Json } from '#infra/evidence/exchange.ts';
import { orThrow } from '#infra/apperr/or-throw.ts';
import { observed } from '#demo/evidence/taken.ts';
import type { StepWork } from '#demo/step/step.ts';
import { isSelfSigned } from './handshake.ts';

const seen = (value: Json) => observed('it looks at files and ports of this machine', value);

/** Makes or keeps certificates, secrets and configuration, and reads the chain back from the files. */
export const run: StepWork = async ({ engine, services, stack, check, signal, progress }) => {
  progress('certificates, secrets and configuration');
  const conflicts = await engine.portConflicts(services);
  const holders = conflicts.map(({ port, service, holder }) => `port ${port} for ${service} is held by ${holder}`);
  await check('ports-free', 'Every port is free or ours', 'free', seen(holders.length === 0 ? 'free' : holders.join('; ')));
  if (holders.length > 0) {
    throw new AppError('port-taken', 409, holders.join('; '), {
      fix: 'End that process, or choose other ports: --port-base 0 takes free ones, --port-kms and --port-identity state them.',
    });
  }
  const { chain, leaves, keyType } = orThrow(await engine.prepare(signal));

  const { caFile, client, serviceClient } = stack.endpoints;
  const [root] = await certificatesIn(caFile);
  const path = await certificatesIn(client.certFile);
  const others = await certificatesIn(serviceClient.certFile);
  const [leaf, ...authorities] = path;
  await check('chain-length', 'Certificates from the leaf to the root', chain.length + 1, seen(path.length + 1));
  await check('root-self-signed', 'The root is signed with its own key', true, seen(root !== undefined && isSelfSigned(root)));
  await check(
    'leaf-not-self-signed',
    'Self-signed among both client certificates and their authorities',
    0,
    seen([...path, ...others].filter(isSelfSigned).length),
  );
  await check('leaf-no-authority', 'The leaf may issue certificates', false, seen(leaf?.ca ?? true));
  await check('authorities', 'Authorities above it that may', authorities.length, seen(authorities.filter(({ ca }) => ca).length));
  await check(
    'chain-verifies',
    'Each certificate is signed by the next',
    path.length,
    seen(root === undefined ? 0 : signedLinks([...path, root])),
  );
  return `${chain.join(' → ')} → ${leaves} leaves, ${keyType === 'Ed25519' ? keyType : `EC ${keyType}`}`;
};

const certificatesIn = async (file: string): Promise<X509Certificate[]> =>
  ((await readFile(file, 'utf8')).match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(
    (pem) => new X509Certificate(pem),
  );

const signedLinks = (path: readonly X509Certificate[]): number =>
  path.filter((certificate, at) => {
    const issuer = path[at + 1];
    return issuer !== undefined && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  }).length;
