import { fine, type Patient, warning } from '../patient/check.ts';

const PROXIES = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'];
/** Names under which people and their programs reach a stack of this machine. */
const OURS = ['localhost', '127.0.0.1'];

/**
 * Proxies of the environment. This program and the services speak to each other without one; `curl` and browsers go through it, and a proxy
 * elsewhere finds no stack on its own loopback. An address may hold a password, so none is told.
 */
export const checkProxies = async ({ env }: Patient) => {
  const set = PROXIES.filter((name) => (env[name] ?? '') !== '');
  if (set.length === 0) return fine('no proxy variables are set');
  const excepted = (env['no_proxy'] || env['NO_PROXY'] || '').split(/[\s,]+/);
  const missing = OURS.filter((host) => !excepted.includes('*') && !excepted.includes(host));
  const names = set.join(', ');
  if (missing.length === 0) return fine(`${names} set; localhost is excepted`);
  return warning(
    `${names} set, and NO_PROXY does not except ${missing.join(' and ')}: curl and other programs ask the proxy for the stack`,
    'export NO_PROXY="${NO_PROXY:+$NO_PROXY,}localhost,127.0.0.1,::1" no_proxy="${no_proxy:+$no_proxy,}localhost,127.0.0.1,::1"',
  );
};
