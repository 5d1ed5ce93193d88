// Logs a person in, then encrypts and decrypts a text for them. Node 20 or later and nothing else:
//
//     node docs/samples/app.mjs      in the folder in which `npx passthru demo all` ran
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';

const IDENTITY = process.env.IDENTITY_URL ?? 'https://localhost:8082';
const KMS = `${process.env.KMS_URL ?? 'https://localhost:8081'}/service/api/v1`;
const CA = process.env.CA_FILE ?? '.passthru/tls/ca.pem';
const CLIENT = 'demo-public-client'; // an app on somebody's machine can keep no secret, so it has none: PKCE takes its place
const KEY = 'demo-encryption-key';

// 1. Trust: this authority and no other, and nothing older than TLS 1.3.
const agent = new https.Agent({ ca: readFileSync(CA), minVersion: 'TLSv1.3' });

/** One request; a form or a JSON body makes it a POST. A refusal says why, so its text is shown. */
const send = async (url, { token, form, body } = {}) => {
  const request = https.request(url, { agent, method: form || body ? 'POST' : 'GET' });
  if (token) request.setHeader('authorization', `Bearer ${token}`);
  if (form) request.setHeader('content-type', 'application/x-www-form-urlencoded');
  if (body) request.setHeader('content-type', 'application/json');
  request.end(form ? new URLSearchParams(form).toString() : body && JSON.stringify(body));
  const [answer] = await once(request, 'response');
  const said = await text(answer);
  if (answer.statusCode !== 200) throw new Error(`${url} answered ${answer.statusCode}: ${said}`);
  return JSON.parse(said);
};

// 2. Where the browser comes back to: a free port of this machine's loopback (RFC 8252 section 7.3).
const server = http.createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://127.0.0.1');
  if (pathname !== '/callback') return response.writeHead(404).end(); // browsers ask for an icon, too
  response.writeHead(200, { 'content-type': 'text/plain' });
  return response.end('Done. Close this window and go back to the program.', () => server.emit('callback', searchParams));
});
await once(server.listen(0, '127.0.0.1'), 'listening');
const redirect_uri = `http://127.0.0.1:${server.address().port}/callback`;

// 3. Log-in: authorization code with PKCE (RFC 7636). The verifier stays here; only its hash travels with the browser.
const discovery = await send(`${IDENTITY}/.well-known/openid-configuration`);
const code_verifier = randomBytes(32).toString('base64url');
const state = randomBytes(16).toString('base64url');
const query = new URLSearchParams({
  response_type: 'code',
  client_id: CLIENT,
  redirect_uri,
  scope: 'openid profile kms:elastic-keys:read kms:encrypt kms:decrypt',
  resource: 'urn:passthru:kms',
  state,
  code_challenge: createHash('sha256').update(code_verifier).digest('base64url'),
  code_challenge_method: 'S256',
});
console.log('Open this address in a browser and log in, for example as demo-user / demo-user-password:');
console.log(`${discovery.authorization_endpoint}?${query}`);

const [callback] = await once(server, 'callback');
server.close();
server.closeAllConnections();
const code = callback.get('code');
if (callback.get('state') !== state || callback.get('iss') !== discovery.issuer || code === null)
  throw new Error(`no log-in, or not this one: ${callback.get('error')}: ${callback.get('error_description')}`);

// 4. Token: the code is good once, for whoever has the verifier.
const form = { grant_type: 'authorization_code', client_id: CLIENT, code, redirect_uri, code_verifier };
const { access_token: token } = await send(discovery.token_endpoint, { form });

// 5. Userinfo: who logged in. The scope openid opens it to the access token, whichever API that is for.
const person = await send(discovery.userinfo_endpoint, { token });
console.log(`Logged in: ${person.name}`);

// 6. KMS: find the key by its name. Plaintext travels as base64url; the same context is required to decrypt.
const { items } = await send(`${KMS}/elastic-keys?${new URLSearchParams({ name: KEY })}`, { token });
const key = `${KMS}/elastic-keys/${items[0].id}`;
const context = 'sample';
const plaintext = Buffer.from('Hello from Node').toString('base64url');
const { ciphertext } = await send(`${key}/encrypt`, { token, body: { plaintext, context } });
console.log(`Ciphertext: ${ciphertext}`);
const opened = await send(`${key}/decrypt`, { token, body: { ciphertext, context } });
console.log(`Decrypted: ${Buffer.from(opened.plaintext, 'base64url')}`);
