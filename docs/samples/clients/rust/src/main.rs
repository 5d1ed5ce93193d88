//! A person's log-in with openidconnect, and a resource server with jsonwebtoken: cd docs/samples/clients/rust && cargo run
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::JwkSet};

use openidconnect::core::*;
use openidconnect::url::Url;
use openidconnect::*;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

/// What the libraries' own metadata have no place for.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct More {
    introspection_endpoint: String,
    revocation_endpoint: String,
    end_session_endpoint: String,
}
impl AdditionalProviderMetadata for More {}

type Metadata = ProviderMetadata<
    More,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

#[derive(Deserialize)]
struct Granted {
    scope: String,
}

/// Prints the address, which a desktop application would open by itself. Returns the query with which the browser came back
/// (RFC 8252 section 7.3).
fn browse(address: Url, listener: &TcpListener) -> Result<HashMap<String, String>, Box<dyn Error>> {
    println!("Open this address in a browser:\n{address}");
    loop {
        let (mut stream, _) = listener.accept()?;
        let mut line = String::new();
        BufReader::new(&stream).read_line(&mut line)?;
        let back = Url::parse("http://127.0.0.1")?.join(line.split(' ').nth(1).unwrap_or("/"))?;
        let wanted = ["/callback", "/logged-out"].contains(&back.path());
        let status = if wanted { "200 OK" } else { "404 Not Found" }; // browsers ask for an icon, too
        let text = "Go back to the program.";
        write!(stream, "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}", text.len())?;
        if wanted {
            return Ok(back.query_pairs().into_owned().collect());
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let variable = |name: &str, usual: &str| std::env::var(name).unwrap_or(usual.into());
    let issuer = IssuerUrl::new(variable("IDENTITY_URL", "https://localhost:8082"))?;
    let client_id = "demo-public-client"; // public: it has no secret, PKCE takes its place

    // This authority and no other, nothing older than TLS 1.3, and no redirects.
    let ca = std::fs::read(variable("CA_FILE", "../../../../.passthru/tls/ca.pem"))?;
    let web = reqwest::blocking::Client::builder()
        .tls_built_in_root_certs(false)
        .add_root_certificate(reqwest::Certificate::from_pem(&ca)?)
        .min_tls_version(reqwest::tls::Version::TLS_1_3)
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let origin = format!("http://{}", listener.local_addr()?);

    // 1. Discovery.
    let metadata = Metadata::discover(&issuer, &web)?;
    let jwks_uri = metadata.jwks_uri().clone();
    let more = metadata.additional_metadata().clone();
    let client = CoreClient::from_provider_metadata(metadata, ClientId::new(client_id.into()), None)
        .set_redirect_uri(RedirectUrl::new(format!("{origin}/callback"))?)
        .set_introspection_url(IntrospectionUrl::new(more.introspection_endpoint.clone())?)
        .set_revocation_url(RevocationUrl::new(more.revocation_endpoint.clone())?);

    // 2. Log-in: authorization code with PKCE. state and iss (RFC 9207) are compared here.
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (address, state, nonce) = client
        .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
        .add_scopes(["profile", "offline_access", "kms:read"].map(|scope| Scope::new(scope.into())))
        .set_pkce_challenge(challenge)
        .url();
    let callback = browse(address, &listener)?;
    if callback.get("state") != Some(state.secret()) || callback.get("iss") != Some(&issuer.to_string()) {
        return Err("no log-in, or not this one".into());
    }
    let code = AuthorizationCode::new(callback.get("code").cloned().ok_or("no code")?);
    let tokens = client.exchange_code(code)?.set_pkce_verifier(verifier).request(&web)?;
    let id_token = tokens.id_token().ok_or("no ID token")?;
    let subject = id_token.claims(&client.id_token_verifier(), &nonce)?.subject().clone();

    // 3. Userinfo; the library compares its sub with that of the ID token.
    let info: CoreUserInfoClaims = client.user_info(tokens.access_token().clone(), Some(subject))?.request(&web)?;
    let name = info.name().and_then(|names| names.get(None)).ok_or("no name")?;
    println!("Logged in: {}", name.as_str());

    // 4. Refresh: each refresh token is good once, so keep the one of the answer.
    let old = tokens.refresh_token().ok_or("no refresh token")?;
    let fresh = client.exchange_refresh_token(old)?.request(&web)?;
    let scopes: Vec<&str> = fresh.scopes().ok_or("no scope")?.iter().map(|scope| scope.as_str()).collect();
    println!("Refreshed: {}", scopes.join(" "));

    // 5. The resource server: a JWT access token (RFC 9068) for it alone, and no ID token. jsonwebtoken looks at no typ, so we do.
    let keys: JwkSet = serde_json::from_reader(web.get(jwks_uri.url().clone()).send()?)?;
    let mut rules = Validation::new(Algorithm::ES256);
    rules.set_audience(&["urn:passthru:kms"]);
    rules.set_issuer(&[issuer.as_str()]);
    rules.set_required_spec_claims(&["exp", "iss", "aud"]);
    let accept = |token: &str| -> Result<Granted, Box<dyn Error>> {
        let header = jsonwebtoken::decode_header(token)?;
        if header.typ.as_deref() != Some("at+jwt") {
            return Err(format!("its type is {:?}", header.typ).into());
        }
        let key = keys.find(header.kid.as_deref().unwrap_or_default()).ok_or("an unknown key")?;
        Ok(jsonwebtoken::decode(token, &DecodingKey::from_jwk(key)?, &rules)?.claims)
    };
    println!("Accepted: {}", accept(fresh.access_token().secret())?.scope);
    if let Err(refusal) = accept(&id_token.to_string()) {
        println!("ID token refused: {refusal}");
    }

    // 6. Introspection and revocation.
    let is_active = || -> Result<bool, Box<dyn Error>> { Ok(client.introspect(fresh.access_token()).request(&web)?.active()) };
    println!("Active: {}", is_active()?);
    let last = fresh.refresh_token().ok_or("no refresh token")?.clone();
    client.revoke_token(last.into())?.request(&web)?;
    println!("Active after revocation: {}", is_active()?);

    // 7. Log-out.
    let logout = LogoutRequest::from(EndSessionUrl::new(more.end_session_endpoint)?)
        .set_id_token_hint(id_token)
        .set_post_logout_redirect_uri(PostLogoutRedirectUrl::new(format!("{origin}/logged-out"))?);
    browse(logout.http_get_url(), &listener)?;
    println!("Logged out");
    Ok(())
}
