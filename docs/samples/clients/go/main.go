// A person's log-in with golang.org/x/oauth2 and go-oidc, and a resource server: cd docs/samples/clients/go && go run .
package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const client = "demo-public-client"

func variable(name, usual string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return usual
}

// must ends the program with the error: an application would show it.
func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

// trusting makes a client that trusts the authority of the stack and no other.
func trusting() *http.Client {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(must(os.ReadFile(variable("CA_FILE", "../../../../.passthru/tls/ca.pem")))) {
		log.Fatal("no certificate in the file of the authority")
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: roots}}}
}

// loopback listens where the browser comes back to (RFC 8252 section 7.3).
func loopback() (origin string, back chan *url.URL) {
	listener := must(net.Listen("tcp", "127.0.0.1:0"))
	back = make(chan *url.URL)
	answer := func(response http.ResponseWriter, request *http.Request) {
		fmt.Fprint(response, "Go back to the program.")
		back <- request.URL
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/callback", answer)
	mux.HandleFunc("/logged-out", answer)
	go func() { log.Fatal(http.Serve(listener, mux)) }()
	return "http://" + listener.Addr().String(), back
}

func random() string {
	bytes := make([]byte, 16)
	must(rand.Read(bytes))
	return base64.RawURLEncoding.EncodeToString(bytes)
}

// post sends a form of a public client, for introspection (RFC 7662) and revocation (RFC 7009), of which the libraries have nothing.
func post(web *http.Client, address, token string, answer any) {
	response := must(web.PostForm(address, url.Values{"client_id": {client}, "token": {token}}))
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		log.Fatal(address, " answered ", response.Status)
	}
	if answer != nil {
		must(0, json.NewDecoder(response.Body).Decode(answer))
	}
}

func main() {
	log.SetFlags(0)
	web := trusting()
	ctx := oidc.ClientContext(context.Background(), web)

	// 1. Discovery. go-oidc takes issuer, keys and userinfo from it; the other endpoints stand among its claims.
	provider := must(oidc.NewProvider(ctx, variable("IDENTITY_URL", "https://localhost:8082")))
	var metadata struct {
		Issuer        string `json:"issuer"`
		Introspection string `json:"introspection_endpoint"`
		Revocation    string `json:"revocation_endpoint"`
		Logout        string `json:"end_session_endpoint"`
	}
	must(0, provider.Claims(&metadata))
	origin, back := loopback()
	// The client is public: its name goes with the form. x/oauth2 finds that out by trying Basic first, which is refused once;
	// an AuthStyle of the endpoint, oauth2.AuthStyleInParams, saves that request.
	config := oauth2.Config{
		ClientID:    client,
		Endpoint:    provider.Endpoint(),
		RedirectURL: origin + "/callback",
		Scopes:      []string{oidc.ScopeOpenID, "profile", oidc.ScopeOfflineAccess, "kms:read"},
	}

	// 2. Log-in: authorization code with PKCE. state and iss (RFC 9207) are compared here.
	verifier, state, nonce := oauth2.GenerateVerifier(), random(), random()
	fmt.Println("Open this address in a browser:")
	fmt.Println(config.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier)))
	callback := (<-back).Query()
	if callback.Get("state") != state || callback.Get("iss") != metadata.Issuer {
		log.Fatal("no log-in, or not this one")
	}
	tokens := must(config.Exchange(ctx, callback.Get("code"), oauth2.VerifierOption(verifier)))
	idToken, _ := tokens.Extra("id_token").(string)
	person := must(provider.Verifier(&oidc.Config{ClientID: client}).Verify(ctx, idToken))
	if person.Nonce != nonce {
		log.Fatal("the ID token is of another log-in")
	}

	// 3. Userinfo, which must be of the same person.
	info := must(provider.UserInfo(ctx, oauth2.StaticTokenSource(tokens)))
	var name struct {
		Name string `json:"name"`
	}
	must(0, info.Claims(&name))
	if info.Subject != person.Subject {
		log.Fatal("userinfo is of somebody else")
	}
	fmt.Println("Logged in:", name.Name)

	// 4. Refresh: a source of tokens refreshes by itself when the access token has expired. So long nobody waits here.
	old := &oauth2.Token{RefreshToken: tokens.RefreshToken}
	fresh := must(config.TokenSource(ctx, old).Token())
	fmt.Println("Refreshed:", fresh.Extra("scope"))

	// 5. The resource server: a JWT access token (RFC 9068) for it alone, and no ID token. go-oidc looks at no typ, so we do.
	resource := provider.Verifier(&oidc.Config{ClientID: "urn:passthru:kms", SupportedSigningAlgs: []string{oidc.ES256}})
	accept := func(token string) (*oidc.IDToken, error) {
		first, _, _ := strings.Cut(token, ".")
		var header struct {
			Type string `json:"typ"`
		}
		text, err := base64.RawURLEncoding.DecodeString(first)
		if err != nil || json.Unmarshal(text, &header) != nil || header.Type != "at+jwt" {
			return nil, fmt.Errorf("its type is %q", header.Type)
		}
		return resource.Verify(ctx, token)
	}
	var granted struct {
		Scope string `json:"scope"`
	}
	must(0, must(accept(fresh.AccessToken)).Claims(&granted))
	fmt.Println("Accepted:", granted.Scope)
	if _, err := accept(idToken); err != nil {
		fmt.Println("ID token refused:", err)
	}

	// 6. Introspection and revocation.
	isActive := func() bool {
		var said struct {
			Active bool `json:"active"`
		}
		post(web, metadata.Introspection, fresh.AccessToken, &said)
		return said.Active
	}
	fmt.Println("Active:", isActive())
	post(web, metadata.Revocation, fresh.RefreshToken, nil)
	fmt.Println("Active after revocation:", isActive())

	// 7. Log-out.
	query := url.Values{"id_token_hint": {idToken}, "post_logout_redirect_uri": {origin + "/logged-out"}}
	fmt.Println("Open this address in a browser:")
	fmt.Println(metadata.Logout + "?" + query.Encode())
	<-back
	fmt.Println("Logged out")
}
