# A service at the KMS by each method: python3 docs/samples/services/services.py .passthru
# Needs Python 3.9 or later, requests, and Authlib for the token.
import base64
import os
import sys

import requests

STATE = sys.argv[1] if len(sys.argv) > 1 else ".passthru"
CA = f"{STATE}/tls/ca.pem"
IDENTITY = os.environ.get("IDENTITY_URL", "https://localhost:8082")
KMS = os.environ.get("KMS_URL", "https://localhost:8081") + "/service/api/v1"
KEY = f"{KMS}/elastic-keys/demo-encryption-key"


def trusting(session):
    """The authority of the stack and no other; no proxy and no .netrc of the machine."""
    session.verify = CA
    session.trust_env = False
    return session


def answer(response):
    """The JSON of an answer; a refusal says why, and what to do."""
    if not response.ok:
        sys.exit(f"{response.status_code}: {response.text}")
    return response.json()


def there_and_back(session, text):
    plaintext = base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()
    sealed = answer(session.post(f"{KEY}/encrypt", json={"plaintext": plaintext}))
    opened = answer(session.post(f"{KEY}/decrypt", json={"ciphertext": sealed["ciphertext"]}))["plaintext"]
    return base64.urlsafe_b64decode(opened + "=" * (-len(opened) % 4)).decode()


def by_client_credentials():
    """A token of Identity, which Authlib fetches and sends (RFC 6749 section 4.4)."""
    from authlib.integrations.requests_client import OAuth2Session

    session = trusting(OAuth2Session("demo-confidential-client", "demo-confidential-client-password", scope="kms:crypto"))
    session.fetch_token(f"{IDENTITY}/oauth2/token", grant_type="client_credentials", resource="urn:passthru:kms")
    return session


def by_password():
    """A user of a realm of the KMS (RFC 7617)."""
    session = trusting(requests.Session())
    session.auth = ("demo-user", "demo-user-password")
    return session


def by_certificate():
    """A client certificate that realms.yml names."""
    session = trusting(requests.Session())
    session.cert = (f"{STATE}/tls/service-client.pem", f"{STATE}/tls/service-client.key")
    return session


class ApiKey(requests.auth.AuthBase):
    def __init__(self, key):
        self.key = key

    def __call__(self, request):
        request.headers["Authorization"] = f"Bearer {self.key}"
        return request


def by_api_key(key):
    session = trusting(requests.Session())
    session.auth = ApiKey(key)
    return session


try:
    token = by_client_credentials()
except ModuleNotFoundError:
    print("client credentials: left out, Authlib is missing")
else:
    print("client credentials:", there_and_back(token, "by a token"))
print("password:", there_and_back(by_password(), "by a password"))
print("certificate:", there_and_back(by_certificate(), "by a certificate"))

# Somebody who may make API keys makes one, hands it over, and deletes it here when it is not needed any more.
admin = trusting(requests.Session())
admin.auth = ("demo-tenant-admin", "demo-tenant-admin-password")
made = answer(admin.post(f"{KMS}/api-keys", json={"name": "sample in Python", "scopes": ["kms:encrypt", "kms:decrypt"]}))
print("API key:", there_and_back(by_api_key(made["key"]), "by an API key"))
admin.delete(f"{KMS}/api-keys/{made['id']}").raise_for_status()
