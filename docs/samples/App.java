// Logs a person in, then encrypts and decrypts a text for them. Java 17 or later, nothing else and no build:
//
//     java docs/samples/App.java      in the folder in which `npx passthru demo all` ran
import static java.nio.charset.StandardCharsets.UTF_8;
import com.sun.net.httpserver.HttpServer;
import java.io.FileInputStream;
import java.net.*;
import java.net.http.*;
import java.security.*;
import java.security.cert.CertificateFactory;
import java.util.*;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.net.ssl.*;

public class App {
    static final String IDENTITY = System.getenv().getOrDefault("IDENTITY_URL", "https://localhost:8082");
    static final String KMS = System.getenv().getOrDefault("KMS_URL", "https://localhost:8081") + "/service/api/v1";
    static final String CA = System.getenv().getOrDefault("CA_FILE", ".passthru/tls/ca.pem");
    static final String CLIENT = "demo-public-client"; // an app on somebody's machine can keep no secret: PKCE takes its place
    static final String FORM = "application/x-www-form-urlencoded";
    static final Base64.Encoder BASE64URL = Base64.getUrlEncoder().withoutPadding();
    static HttpClient client;

    /** 1. Trust: this authority and no other, and nothing older than TLS 1.3. */
    static HttpClient trusting(String file) throws Exception {
        var store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (var pem = new FileInputStream(file)) {
            store.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(pem));
        }
        var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        var tls = SSLContext.getInstance("TLS");
        tls.init(null, trust.getTrustManagers(), null);
        return HttpClient.newBuilder().sslContext(tls).sslParameters(new SSLParameters(null, new String[] {"TLSv1.3"})).build();
    }

    /** One request; a body makes it a POST. A refusal says why, so its text is shown. */
    static String send(String url, String token, String type, String body) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(url));
        if (token != null) request.header("Authorization", "Bearer " + token);
        if (body != null) request.header("Content-Type", type).POST(HttpRequest.BodyPublishers.ofString(body));
        var answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) throw new IllegalStateException(url + " " + answer.statusCode() + ": " + answer.body());
        return answer.body();
    }

    static String form(Map<String, String> values) {
        return values.entrySet().stream().map(each -> each.getKey() + "=" + URLEncoder.encode(each.getValue(), UTF_8))
            .collect(Collectors.joining("&"));
    }

    static Map<String, String> parsed(String query) {
        return Arrays.stream(query.split("&")).map(pair -> pair.split("=", 2))
            .collect(Collectors.toMap(pair -> pair[0], pair -> URLDecoder.decode(pair[1], UTF_8)));
    }

    /** The first member of that name whose value is a text. The JDK reads no JSON: an app takes its JSON library here. */
    static String member(String json, String name) {
        var found = Pattern.compile("\"" + name + "\"\\s*:\\s*\"([^\"\\\\]*)\"").matcher(json);
        if (!found.find()) throw new IllegalStateException("no " + name + " in " + json);
        return found.group(1);
    }

    public static void main(String[] arguments) throws Exception {
        client = trusting(CA);
        var discovery = send(IDENTITY + "/.well-known/openid-configuration", null, null, null);
        String issuer = member(discovery, "issuer"), tokenEndpoint = member(discovery, "token_endpoint");

        // 2. Where the browser comes back to: a free port of this machine's loopback (RFC 8252 section 7.3).
        var calledBack = new CompletableFuture<Map<String, String>>();
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        server.createContext("/callback", exchange -> {
            var text = "Done. Close this window and go back to the program.".getBytes(UTF_8);
            exchange.sendResponseHeaders(200, text.length);
            try (var body = exchange.getResponseBody()) { body.write(text); }
            calledBack.complete(parsed(exchange.getRequestURI().getRawQuery()));
        });
        server.start();
        var redirectUri = "http://127.0.0.1:" + server.getAddress().getPort() + "/callback";

        // 3. Log-in: authorization code with PKCE (RFC 7636). The verifier stays here; only its hash travels with the browser.
        var verifier = UUID.randomUUID() + "-" + UUID.randomUUID(); // 244 random bits
        var state = UUID.randomUUID().toString();
        var query = form(Map.of(
            "response_type", "code", "client_id", CLIENT, "redirect_uri", redirectUri, "state", state,
            "scope", "openid profile kms:elastic-keys:read kms:encrypt kms:decrypt", "resource", "urn:passthru:kms",
            "code_challenge", BASE64URL.encodeToString(MessageDigest.getInstance("SHA-256").digest(verifier.getBytes(UTF_8))),
            "code_challenge_method", "S256"));
        System.out.println("Open this address in a browser and log in, for example as demo-user / demo-user-password:");
        System.out.println(member(discovery, "authorization_endpoint") + "?" + query);

        var callback = calledBack.get();
        server.stop(0);
        if (!state.equals(callback.get("state")) || !callback.containsKey("code") || !issuer.equals(callback.get("iss")))
            throw new IllegalStateException("no log-in, or not this one: " + callback.get("error_description"));

        // 4. Token: the code is good once, for whoever has the verifier.
        var code = form(Map.of("grant_type", "authorization_code", "client_id", CLIENT, "code", callback.get("code"),
            "redirect_uri", redirectUri, "code_verifier", verifier));
        String tokens = send(tokenEndpoint, null, FORM, code), token = member(tokens, "access_token");

        // 5. Userinfo: who logged in. The scope openid opens it to the access token, whichever API that is for.
        System.out.println("Logged in: " + member(send(member(discovery, "userinfo_endpoint"), token, null, null), "name"));

        // 6. KMS: find the key by its name. Plaintext travels as base64url; the same context is required to decrypt.
        var key = KMS + "/elastic-keys/" + member(send(KMS + "/elastic-keys?name=demo-encryption-key", token, null, null), "id");
        var ciphertext = member(send(key + "/encrypt", token, "application/json",
            "{\"plaintext\":\"%s\",\"context\":\"sample\"}".formatted(BASE64URL.encodeToString("Hello from Java".getBytes(UTF_8)))), "ciphertext");
        System.out.println("Ciphertext: " + ciphertext);
        var opened = send(key + "/decrypt", token, "application/json",
            "{\"ciphertext\":\"%s\",\"context\":\"sample\"}".formatted(ciphertext));
        System.out.println("Decrypted: " + new String(Base64.getUrlDecoder().decode(member(opened, "plaintext")), UTF_8));
    }
}
