// A person's log-in with the Nimbus OAuth 2.0 SDK, and a resource server: see the page for the commands.
import com.nimbusds.jose.*;
import com.nimbusds.jose.jwk.source.*;
import com.nimbusds.jose.proc.*;
import com.nimbusds.jwt.*;
import com.nimbusds.jwt.proc.*;
import com.nimbusds.oauth2.sdk.*;
import com.nimbusds.oauth2.sdk.http.HTTPRequest;
import com.nimbusds.oauth2.sdk.id.*;
import com.nimbusds.oauth2.sdk.pkce.*;
import com.nimbusds.oauth2.sdk.token.*;
import com.nimbusds.openid.connect.sdk.*;
import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import com.nimbusds.openid.connect.sdk.token.OIDCTokens;
import com.nimbusds.openid.connect.sdk.validators.IDTokenValidator;
import com.sun.net.httpserver.HttpServer;
import java.io.FileInputStream;
import java.net.*;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.*;
import java.util.concurrent.*;
import javax.net.ssl.*;

public class Recipe {
    static final Issuer ISSUER = new Issuer(System.getenv().getOrDefault("IDENTITY_URL", "https://localhost:8082"));
    static final String CA = System.getenv().getOrDefault("CA_FILE", "../../../../.passthru/tls/ca.pem");
    static final ClientID CLIENT = new ClientID("demo-public-client"); // public: it has no secret, PKCE takes its place
    static final BlockingQueue<URI> BACK = new LinkedBlockingQueue<>();

    /** Trusts this authority and no other, and speaks nothing older than TLS 1.3. */
    static void trust(String file) throws Exception {
        var store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (var pem = new FileInputStream(file)) {
            store.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(pem));
        }
        var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        var tls = SSLContext.getInstance("TLSv1.3");
        tls.init(null, trust.getTrustManagers(), null);
        HTTPRequest.setDefaultSSLSocketFactory(tls.getSocketFactory());
        HttpsURLConnection.setDefaultSSLSocketFactory(tls.getSocketFactory()); // for the keys
    }

    /** Where the browser comes back to (RFC 8252 section 7.3). */
    static HttpServer listen() throws Exception {
        var server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        for (var path : List.of("/callback", "/logged-out")) {
            server.createContext(path, exchange -> {
                var text = "Go back to the program.".getBytes();
                exchange.sendResponseHeaders(200, text.length);
                exchange.getResponseBody().write(text);
                exchange.close();
                BACK.add(exchange.getRequestURI());
            });
        }
        server.start();
        return server;
    }

    /** Prints the address, which a desktop application would open by itself. */
    static URI browse(URI address) throws Exception {
        System.out.println("Open this address in a browser:\n" + address);
        return BACK.take();
    }

    /** The answer, or the end with its error. */
    static <T extends Response> T must(T response) {
        if (!response.indicatesSuccess()) throw new IllegalStateException(((ErrorResponse) response).getErrorObject().toString());
        return response;
    }

    public static void main(String[] arguments) throws Exception {
        trust(CA);
        var server = listen();
        var origin = URI.create("http://127.0.0.1:" + server.getAddress().getPort());

        // 1. Discovery.
        var metadata = OIDCProviderMetadata.resolve(ISSUER);
        var keys = JWKSourceBuilder.create(metadata.getJWKSetURI().toURL()).build();

        // 2. Log-in: authorization code with PKCE. state and iss (RFC 9207) are compared here.
        var redirectUri = origin.resolve("/callback");
        var verifier = new CodeVerifier();
        var state = new State();
        var nonce = new Nonce();
        var scope = new Scope("openid", "profile", "offline_access", "kms:read");
        var request = new AuthenticationRequest.Builder(ResponseType.CODE, scope, CLIENT, redirectUri)
            .endpointURI(metadata.getAuthorizationEndpointURI()).state(state).nonce(nonce)
            .codeChallenge(verifier, CodeChallengeMethod.S256).build();
        var callback = must(AuthenticationResponseParser.parse(browse(request.toURI()))).toSuccessResponse();
        if (!state.equals(callback.getState()) || !ISSUER.equals(callback.getIssuer())) throw new IllegalStateException("not this log-in");
        var grant = new AuthorizationCodeGrant(callback.getAuthorizationCode(), redirectUri, verifier);
        var tokens = exchange(metadata, grant);
        var idToken = tokens.getIDToken();
        var person = new IDTokenValidator(ISSUER, CLIENT, new JWSVerificationKeySelector<>(JWSAlgorithm.ES256, keys), null).validate(idToken, nonce);

        // 3. Userinfo, which must be of the same person.
        var userinfo = new UserInfoRequest(metadata.getUserInfoEndpointURI(), tokens.getAccessToken());
        var info = must(UserInfoResponse.parse(userinfo.toHTTPRequest().send())).toSuccessResponse().getUserInfo();
        if (!info.getSubject().equals(person.getSubject())) throw new IllegalStateException("userinfo is of somebody else");
        System.out.println("Logged in: " + info.getName());

        // 4. Refresh: each refresh token is good once, so keep the one of the answer.
        var fresh = exchange(metadata, new RefreshTokenGrant(tokens.getRefreshToken()));
        System.out.println("Refreshed: " + fresh.getAccessToken().getScope());

        // 5. The resource server: a JWT access token (RFC 9068) for it alone, and no ID token.
        var resource = new DefaultJWTProcessor<SecurityContext>();
        resource.setJWSTypeVerifier(new DefaultJOSEObjectTypeVerifier<>(new JOSEObjectType("at+jwt")));
        resource.setJWSKeySelector(new JWSVerificationKeySelector<>(JWSAlgorithm.ES256, keys));
        var wanted = new JWTClaimsSet.Builder().issuer(ISSUER.getValue()).build();
        resource.setJWTClaimsSetVerifier(new DefaultJWTClaimsVerifier<>("urn:passthru:kms", wanted, Set.of("sub", "exp", "client_id")));
        System.out.println("Accepted: " + resource.process(fresh.getAccessToken().getValue(), null).getStringClaim("scope"));
        try {
            resource.process(idToken, null);
        } catch (BadJOSEException refusal) {
            System.out.println("ID token refused: " + refusal.getMessage());
        }

        // 6. Introspection and revocation.
        System.out.println("Active: " + isActive(metadata, fresh.getAccessToken()));
        var revocation = new TokenRevocationRequest(metadata.getRevocationEndpointURI(), CLIENT, fresh.getRefreshToken());
        if (!revocation.toHTTPRequest().send().indicatesSuccess()) throw new IllegalStateException("not revoked");
        System.out.println("Active after revocation: " + isActive(metadata, fresh.getAccessToken()));

        // 7. Log-out.
        browse(new LogoutRequest(metadata.getEndSessionEndpointURI(), idToken, origin.resolve("/logged-out"), null).toURI());
        System.out.println("Logged out");
        server.stop(0);
    }

    static OIDCTokens exchange(OIDCProviderMetadata metadata, AuthorizationGrant grant) throws Exception {
        var request = new TokenRequest.Builder(metadata.getTokenEndpointURI(), CLIENT, grant).build();
        return ((OIDCTokenResponse) must(OIDCTokenResponseParser.parse(request.toHTTPRequest().send()))).getOIDCTokens();
    }

    /** A public client introspects by its name alone, for which the library has no request of its own. */
    static boolean isActive(OIDCProviderMetadata metadata, AccessToken token) throws Exception {
        var request = new HTTPRequest(HTTPRequest.Method.POST, metadata.getIntrospectionEndpointURI());
        request.setBody("client_id=" + CLIENT.getValue() + "&token=" + token.getValue());
        request.setContentType("application/x-www-form-urlencoded");
        return must(TokenIntrospectionResponse.parse(request.send())).toSuccessResponse().isActive();
    }
}
