"""Logs a person in, then encrypts and decrypts a text for them. Python 3.9 or later and nothing else:

    python3 docs/samples/app.py      in the folder in which `npx passthru demo all` ran
"""

import base64
import hashlib
import json
import os
import queue
import secrets
import ssl
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlencode, urlsplit

IDENTITY = os.environ.get("IDENTITY_URL", "https://localhost:8082")
KMS = os.environ.get("KMS_URL", "https://localhost:8081") + "/service/api/v1"
CA = os.environ.get("CA_FILE", ".passthru/tls/ca.pem")
CLIENT = "demo-public-client"  # an app on somebody's machine can keep no secret, so it has none: PKCE takes its place
KEY = "demo-encryption-key"

# 1. Trust: this authority and no other, and nothing older than TLS 1.3.
tls = ssl.create_default_context(cafile=CA)
tls.minimum_version = ssl.TLSVersion.TLSv1_3


def send(url, token=None, form=None, body=None):
    """One request; a form or a JSON body makes it a POST. A refusal says why, so its text is shown."""
    request = urllib.request.Request(url)
    if form is not None:
        request.data = urlencode(form).encode()
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    if token is not None:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, context=tls) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refusal:
        raise SystemExit(f"{url} answered {refusal.code}: {refusal.read().decode()}")


def to_base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


# 2. Where the browser comes back to: a free port of this machine's loopback (RFC 8252 section 7.3).
callbacks = queue.SimpleQueue()


class Callback(BaseHTTPRequestHandler):
    def do_GET(self):
        address = urlsplit(self.path)
        if address.path != "/callback":  # browsers ask for an icon, too
            return self.send_error(404)
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        self.wfile.write(b"Done. Close this window and go back to the program.")
        callbacks.put(dict(parse_qsl(address.query)))

    def log_message(self, *_):  # the address holds the code: it belongs in no log
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Callback)
threading.Thread(target=server.serve_forever, daemon=True).start()
redirect_uri = f"http://127.0.0.1:{server.server_port}/callback"

# 3. Log-in: authorization code with PKCE (RFC 7636). The verifier stays here; only its hash travels with the browser.
discovery = send(f"{IDENTITY}/.well-known/openid-configuration")
verifier = secrets.token_urlsafe(32)
state = secrets.token_urlsafe(16)
query = {
    "response_type": "code",
    "client_id": CLIENT,
    "redirect_uri": redirect_uri,
    "scope": "openid profile kms:elastic-keys:read kms:encrypt kms:decrypt",
    "resource": "urn:passthru:kms",
    "state": state,
    "code_challenge": to_base64url(hashlib.sha256(verifier.encode()).digest()),
    "code_challenge_method": "S256",
}
print("Open this address in a browser and log in, for example as demo-user / demo-user-password:")
print(f"{discovery['authorization_endpoint']}?{urlencode(query)}", flush=True)

callback = callbacks.get()
server.shutdown()
if callback.get("state") != state or callback.get("iss") != discovery["issuer"] or "code" not in callback:
    raise SystemExit(f"no log-in, or not this one: {callback.get('error')}: {callback.get('error_description')}")

# 4. Token: the code is good once, for whoever has the verifier.
form = {"grant_type": "authorization_code", "client_id": CLIENT, "code": callback["code"], "redirect_uri": redirect_uri}
tokens = send(discovery["token_endpoint"], form={**form, "code_verifier": verifier})
token = tokens["access_token"]

# 5. Userinfo: who logged in. The scope openid opens it to the access token, whichever API that is for.
person = send(discovery["userinfo_endpoint"], token=token)
print(f"Logged in: {person['name']}")

# 6. KMS: find the key by its name. Plaintext travels as base64url; the same context is required to decrypt.
key = send(f"{KMS}/elastic-keys?{urlencode({'name': KEY})}", token=token)["items"][0]["id"]
plaintext = to_base64url("Hello from Python".encode())
sealed = send(f"{KMS}/elastic-keys/{key}/encrypt", token=token, body={"plaintext": plaintext, "context": "sample"})
print(f"Ciphertext: {sealed['ciphertext']}")
opened = send(f"{KMS}/elastic-keys/{key}/decrypt", token=token, body={"ciphertext": sealed["ciphertext"], "context": "sample"})
print(f"Decrypted: {from_base64url(opened['plaintext']).decode()}")
