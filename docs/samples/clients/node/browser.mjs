// Sends a person's browser to an address, and waits until it comes back to this program (RFC 8252 section 7.3).
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import tls from 'node:tls';

// This authority and no other, and nothing older than TLS 1.3; for fetch, too.
tls.setDefaultCACertificates([readFileSync(process.env.CA_FILE ?? '.passthru/tls/ca.pem', 'utf8')]);
tls.DEFAULT_MIN_VERSION = 'TLSv1.3';

export const ISSUER = new URL(process.env.IDENTITY_URL ?? 'https://localhost:8082');

const server = http.createServer((request, response) => {
  const url = new URL(request.url, origin);
  response.writeHead(['/callback', '/logged-out'].includes(url.pathname) ? 200 : 404, { 'content-type': 'text/plain' });
  response.end('Go back to the program.', () => server.emit(url.pathname, url));
});
await once(server.listen(0, '127.0.0.1').unref(), 'listening');
const origin = `http://127.0.0.1:${server.address().port}`;

export const redirectUri = `${origin}/callback`;
export const loggedOutUri = `${origin}/logged-out`;

/** Prints the address, which a desktop application would open by itself. @returns the URL at which the browser came back */
export const browse = async (address, back) => {
  server.ref();
  console.log(`Open this address in a browser:\n${address.href}`);
  const [url] = await once(server, new URL(back).pathname);
  server.unref();
  return url;
};
