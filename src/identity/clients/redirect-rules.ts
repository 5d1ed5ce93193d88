import type { FieldIssue } from '#infra/apperr/app-error.ts';
import type { ApplicationType } from './client.ts';

type Issue = Omit<FieldIssue, 'field'>;

/** As WHATWG URL writes them. */
const LOOPBACK_ADDRESSES: readonly string[] = ['127.0.0.1', '[::1]'];
const isLoopback = ({ hostname }: URL): boolean => hostname === 'localhost' || LOOPBACK_ADDRESSES.includes(hostname);

const ofWeb = (url: URL): Issue | null => {
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url))) return null;
  if (url.protocol === 'http:')
    return { message: 'goes over http, where others read the code and change the page', fix: 'Register an https address.' };
  return {
    message: `has the scheme ${url.protocol.slice(0, -1)}, and a web application has https addresses`,
    fix: 'Register an https address, or make the application type native.',
  };
};

const ofNative = (uri: string, url: URL): Issue | null => {
  switch (url.protocol) {
    case 'http:':
      if (!isLoopback(url)) return { message: 'goes over http to another machine', fix: 'Use http://127.0.0.1/… or an https address.' };
      if (LOOPBACK_ADDRESSES.includes(url.hostname) && url.port !== '')
        return { message: 'names a port, yet any port of this loopback address is good', fix: 'Leave out the port.' };
      return null;
    case 'https:':
      return isLoopback(url)
        ? { message: 'is https at a loopback address, for which nobody has a certificate', fix: 'Use http://127.0.0.1/… without a port.' }
        : null;
    default:
      // "At a minimum, any private-use URI scheme that doesn't contain a period character (".") SHOULD be rejected."
      return /^[^:]*\./.test(uri)
        ? null
        : {
            message: `has the scheme ${url.protocol.slice(0, -1)}, which another application may have, too`,
            fix: 'Use a domain of yours in reverse as the scheme, for example org.example.app:/callback.',
          };
  }
};

/**
 * Why nobody can be led to an address safely, or at all; null where somebody can. Addresses are compared character by character; the port
 * of a loopback address of a native application alone is not compared.
 *
 * @see RFC 6749 section 3.1.2, RFC 8252 sections 7 and 8.4, RFC 9700 section 4.1.3
 */
export const redirectIssue = (uri: string, type: ApplicationType): Issue | null => {
  const url = URL.parse(uri);
  if (url === null) return { message: 'is no absolute URI', fix: 'Write it as the browser shows it, with its scheme.' };
  if (uri.includes('#')) return { message: 'has a fragment, which no redirect may have', fix: 'Leave out # and all after it.' };
  if (uri.includes('*'))
    return { message: 'has a *, and addresses are compared character by character', fix: 'Name each address by itself.' };
  if (url.username !== '' || url.password !== '') return { message: 'holds a user name or a password', fix: 'Leave out all before the @.' };
  return type === 'web' ? ofWeb(url) : ofNative(uri, url);
};

/** Whether an address is of one owner, whom its certificate names; a loopback address or a scheme of an application may be anybody's. */
export const isOwnedAddress = (uri: string): boolean => {
  const url = URL.parse(uri);
  return url?.protocol === 'https:' && !isLoopback(url);
};
