"""A person's log-in with requests-oauthlib, and a resource server with PyJWT: python3 docs/samples/clients/python/with_requests_oauthlib.py"""

import os
import ssl
from secrets import token_urlsafe
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import requests
from requests_oauthlib import OAuth2Session

from browser import CA, ISSUER, LOGGED_OUT_URI, REDIRECT_URI, browse, trusting

# oauthlib wants https even where the browser comes back to this machine.
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
CLIENT = "demo-public-client"

# 1. Discovery, which requests-oauthlib leaves to us. The client is public: it has no secret.
plain = trusting(requests.Session())
metadata = plain.get(f"{ISSUER}/.well-known/openid-configuration").json()
keys = jwt.PyJWKClient(metadata["jwks_uri"], ssl_context=ssl.create_default_context(cafile=CA))

# 2. Log-in: authorization code with PKCE. requests-oauthlib compares state; iss is compared here (RFC 9207).
scope = ["openid", "profile", "offline_access", "kms:read"]
session = trusting(OAuth2Session(CLIENT, redirect_uri=REDIRECT_URI, scope=scope, pkce="S256"))
nonce = token_urlsafe()
address, _ = session.authorization_url(metadata["authorization_endpoint"], nonce=nonce)
callback = browse(address)
if parse_qs(urlsplit(callback).query).get("iss") != [metadata["issuer"]]:
    raise SystemExit("the answer is of another issuer")
tokens = session.fetch_token(metadata["token_endpoint"], authorization_response=callback, include_client_id=True)


def read(token, audience, typ):
    """The claims of a token that is for this audience, and of the type that is wanted (RFC 9068 section 4)."""
    rules = {"algorithms": ["ES256"], "issuer": metadata["issuer"], "audience": audience, "options": {"require": ["exp", "iss", "aud"]}}
    read = jwt.decode_complete(token, keys.get_signing_key_from_jwt(token), **rules)
    if read["header"].get("typ") != typ:
        raise jwt.InvalidTokenError(f"its type is {read['header'].get('typ')}")
    return read["payload"]


person = read(tokens["id_token"], CLIENT, None)
assert person["nonce"] == nonce

# 3. Userinfo, which must be of the same person.
info = session.get(metadata["userinfo_endpoint"]).json()
assert info["sub"] == person["sub"]
print(f"Logged in: {info['name']}")

# 4. Refresh: requests-oauthlib sends the scope that it asked for, and keeps the refresh token of the answer.
fresh = session.refresh_token(metadata["token_endpoint"], client_id=CLIENT)
print(f"Refreshed: {' '.join(fresh['scope'])}")

# 5. The resource server: a JWT access token (RFC 9068) for it alone, and no ID token.
print(f"Accepted: {read(fresh['access_token'], 'urn:passthru:kms', 'at+jwt')['scope']}")
try:
    read(fresh["id_token"], "urn:passthru:kms", "at+jwt")
except jwt.InvalidTokenError as refusal:
    print(f"ID token refused: {refusal}")


# 6. Introspection and revocation, of which the library has nothing: a form each, as RFC 7662 and RFC 7009 say.
def is_active():
    said = plain.post(metadata["introspection_endpoint"], data={"client_id": CLIENT, "token": fresh["access_token"]})
    return str(said.json()["active"]).lower()


print(f"Active: {is_active()}")
plain.post(metadata["revocation_endpoint"], data={"client_id": CLIENT, "token": fresh["refresh_token"]}).raise_for_status()
print(f"Active after revocation: {is_active()}")

# 7. Log-out.
query = {"id_token_hint": fresh["id_token"], "post_logout_redirect_uri": LOGGED_OUT_URI}
browse(f"{metadata['end_session_endpoint']}?{urlencode(query)}")
print("Logged out")
