// A person's log-in with Spring Security, and a resource server: see the page for the commands.
package example;

import java.net.URI;
import java.time.Duration;
import java.util.Map;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.*;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.web.server.context.WebServerInitializedEvent;
import org.springframework.context.annotation.Bean;
import org.springframework.context.event.EventListener;
import org.springframework.core.annotation.Order;
import org.springframework.http.*;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.client.*;
import org.springframework.security.oauth2.client.annotation.RegisteredOAuth2AuthorizedClient;
import org.springframework.security.oauth2.client.oidc.authentication.OidcIdTokenDecoderFactory;
import org.springframework.security.oauth2.client.oidc.web.logout.OidcClientInitiatedLogoutSuccessHandler;
import org.springframework.security.oauth2.client.registration.*;
import org.springframework.security.oauth2.client.web.*;
import org.springframework.security.oauth2.core.oidc.user.OidcUser;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.jwt.*;
import org.springframework.security.oauth2.server.resource.introspection.*;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.util.MultiValueMap;
import org.springframework.web.bind.annotation.*;
import org.springframework.web.client.*;

@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@RestController
public class Recipe {
    @Value("${spring.security.oauth2.resourceserver.jwt.issuer-uri}")
    String issuer;
    String origin;

    public static void main(String[] arguments) {
        SpringApplication.run(Recipe.class, arguments);
    }

    // 1. Discovery is Spring's. It expects RS256 of ID tokens unless it is told.
    @Bean
    OidcIdTokenDecoderFactory idTokens() {
        var factory = new OidcIdTokenDecoderFactory();
        factory.setJwsAlgorithmResolver(registration -> SignatureAlgorithm.ES256);
        return factory;
    }

    // 2. Log-in and log-out. Spring compares state and nonce, and reads userinfo.
    @Bean
    SecurityFilterChain pages(HttpSecurity http, ClientRegistrationRepository registrations) throws Exception {
        var logout = new OidcClientInitiatedLogoutSuccessHandler(registrations);
        logout.setPostLogoutRedirectUri("{baseUrl}/logged-out");
        return http.authorizeHttpRequests(each -> each.requestMatchers("/logged-out").permitAll().anyRequest().authenticated())
            .oauth2Login(login -> login.redirectionEndpoint(endpoint -> endpoint.baseUri("/callback")))
            .logout(each -> each.logoutSuccessHandler(logout)).build();
    }

    // 4. Refresh, as Spring does it before an access token expires; with this tolerance at once, so that nobody has to wait here.
    @Bean
    OAuth2AuthorizedClientManager tokens(ClientRegistrationRepository registrations, OAuth2AuthorizedClientRepository clients) {
        var manager = new DefaultOAuth2AuthorizedClientManager(registrations, clients);
        manager.setAuthorizedClientProvider(OAuth2AuthorizedClientProviderBuilder.builder().authorizationCode()
            .refreshToken(each -> each.clockSkew(Duration.ofHours(1))).build());
        return manager;
    }

    // 5. The resource server: a JWT access token (RFC 9068) for it alone, and no ID token. The decoder that Spring Boot makes of
    // properties refuses every such token, and takes ID tokens.
    @Bean
    JwtDecoder accessTokens() {
        var decoder = NimbusJwtDecoder.withIssuerLocation(issuer).jwsAlgorithm(SignatureAlgorithm.ES256).build();
        decoder.setJwtValidator(JwtValidators.createAtJwtValidator()
            .issuer(issuer).audience("urn:passthru:kms").clientId("demo-public-client").build());
        return decoder;
    }

    @Bean
    @Order(1)
    SecurityFilterChain resource(HttpSecurity http) throws Exception {
        return http.securityMatcher("/resource").authorizeHttpRequests(each -> each.anyRequest().hasAuthority("SCOPE_kms:read"))
            .oauth2ResourceServer(each -> each.jwt(jwt -> {})).build();
    }

    @GetMapping("/resource")
    String resource(@AuthenticationPrincipal Jwt token) {
        return token.getClaimAsString("scope");
    }

    @GetMapping("/")
    String home(@AuthenticationPrincipal OidcUser person, @RegisteredOAuth2AuthorizedClient("passthru") OAuth2AuthorizedClient client) {
        // 3. Userinfo is part of the person.
        System.out.println("Logged in: " + person.getUserInfo().getFullName());
        System.out.println("Refreshed: " + String.join(" ", client.getAccessToken().getScopes()));
        var token = client.getAccessToken().getTokenValue();
        System.out.println("Accepted: " + ask(token).getBody());
        System.out.println("ID token refused: " + ask(person.getIdToken().getTokenValue()).getStatusCode());

        // 6. Introspection, and revocation, of which Spring has nothing: a form, as RFC 7009 says.
        var endpoints = client.getClientRegistration().getProviderDetails().getConfigurationMetadata();
        var introspection = URI.create((String) endpoints.get("introspection_endpoint"));
        System.out.println("Active: " + isActive(introspection, token));
        RestClient.create().post().uri(URI.create((String) endpoints.get("revocation_endpoint")))
            .body(form(client.getRefreshToken().getTokenValue())).retrieve().toBodilessEntity();
        System.out.println("Active after revocation: " + isActive(introspection, token));

        // 7. Log-out: Spring's own page asks, ends the session here, and sends the browser on to Identity.
        System.out.println("Open this address in a browser:\n" + origin + "/logout");
        return "Go back to the program.";
    }

    ResponseEntity<String> ask(String token) {
        return RestClient.builder().defaultStatusHandler(status -> true, (request, response) -> {}).build()
            .get().uri(origin + "/resource").header("Authorization", "Bearer " + token).retrieve().toEntity(String.class);
    }

    static MultiValueMap<String, String> form(String token) {
        return MultiValueMap.fromSingleValue(Map.of("client_id", "demo-public-client", "token", token));
    }

    /** A public client introspects by its name alone; one with a secret leaves the converter out and states both at the builder. */
    static boolean isActive(URI endpoint, String token) {
        var introspector = new SpringOpaqueTokenIntrospector(endpoint.toString(), new RestTemplate());
        introspector.setRequestEntityConverter(each -> RequestEntity.post(endpoint).body(form(each)));
        try {
            return introspector.introspect(token) != null;
        } catch (BadOpaqueTokenException inactive) {
            return false;
        }
    }

    @GetMapping("/logged-out")
    String loggedOut() {
        System.out.println("Logged out");
        return "Go back to the program.";
    }

    @EventListener
    void listening(WebServerInitializedEvent event) {
        origin = "http://127.0.0.1:" + event.getWebServer().getPort();
        System.out.println("Open this address in a browser:\n" + origin + "/");
    }
}
