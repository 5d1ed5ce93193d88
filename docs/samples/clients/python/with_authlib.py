"""A person's log-in with Authlib, and a resource server with joserfc: python3 docs/samples/clients/python/with_authlib.py"""

from urllib.parse import parse_qs, urlencode, urlsplit

from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from browser import ISSUER, LOGGED_OUT_URI, REDIRECT_URI, browse, trusting

CLIENT = "demo-public-client"

# 1. Discovery, which Authlib reads by itself in its integrations of web frameworks only. The client is public: it has no secret.
session = trusting(
    OAuth2Session(
        CLIENT,
        redirect_uri=REDIRECT_URI,
        scope="openid profile offline_access kms:read",
        code_challenge_method="S256",
        token_endpoint_auth_method="none",
        revocation_endpoint_auth_method="none",
    )
)
metadata = session.get(f"{ISSUER}/.well-known/openid-configuration", withhold_token=True).json()
keys = KeySet.import_key_set(session.get(metadata["jwks_uri"], withhold_token=True).json())

# 2. Log-in: authorization code with PKCE. Authlib compares state; iss is compared here (RFC 9207).
verifier, nonce = generate_token(48), generate_token()
address, state = session.create_authorization_url(metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce)
callback = browse(address)
if parse_qs(urlsplit(callback).query).get("iss") != [metadata["issuer"]]:
    raise SystemExit("the answer is of another issuer")
tokens = session.fetch_token(metadata["token_endpoint"], authorization_response=callback, state=state, code_verifier=verifier)


def read(token, typ, **expected):
    """The claims of a token that is for us, and of the type that is wanted (RFC 9068 section 4)."""
    read = jwt.decode(token, keys, algorithms=["ES256"])
    if read.header.get("typ") != typ:
        raise ValueError(f"its type is {read.header.get('typ')}")
    rules = {name: {"essential": True, "value": value} for name, value in expected.items()}
    jwt.JWTClaimsRegistry(iss={"essential": True, "value": metadata["issuer"]}, exp={"essential": True}, **rules).validate(read.claims)
    return read.claims


person = read(tokens["id_token"], None, aud=CLIENT, nonce=nonce)

# 3. Userinfo, which must be of the same person.
info = session.get(metadata["userinfo_endpoint"]).json()
assert info["sub"] == person["sub"]
print(f"Logged in: {info['name']}")

# 4. Refresh: Authlib sends the scope that it asked for, and keeps the refresh token of the answer.
fresh = session.refresh_token(metadata["token_endpoint"])
print(f"Refreshed: {fresh['scope']}")

# 5. The resource server: a JWT access token (RFC 9068) for it alone, and no ID token.
print(f"Accepted: {read(fresh['access_token'], 'at+jwt', aud='urn:passthru:kms')['scope']}")
try:
    read(fresh["id_token"], "at+jwt", aud="urn:passthru:kms")
except (JoseError, ValueError) as refusal:
    print(f"ID token refused: {refusal}")


# 6. Introspection and revocation.
def is_active():
    return str(session.introspect_token(metadata["introspection_endpoint"], token=fresh["access_token"]).json()["active"]).lower()


print(f"Active: {is_active()}")
session.revoke_token(metadata["revocation_endpoint"], token=fresh["refresh_token"]).raise_for_status()
print(f"Active after revocation: {is_active()}")

# 7. Log-out.
query = {"id_token_hint": fresh["id_token"], "post_logout_redirect_uri": LOGGED_OUT_URI}
browse(f"{metadata['end_session_endpoint']}?{urlencode(query)}")
print("Logged out")
