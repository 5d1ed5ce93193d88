// Logs a person in, then encrypts and decrypts a text for them. Go 1.24 or later and nothing else:
//
//	go run docs/samples/app.go      in the folder in which `npx passthru demo all` ran
package main

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
)

// An app on somebody's machine can keep no secret, so it has none: PKCE takes its place.
const clientID = "demo-public-client"

var client http.Client

type tokenSet struct {
	Access string `json:"access_token"`
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

// send makes one request; a body makes it a POST. A refusal says why, so its text is shown.
func send[T any](address, token, contentType, body string) (answer T) {
	request := must(http.NewRequest("GET", address, strings.NewReader(body)))
	if body != "" {
		request.Method = "POST"
		request.Header.Set("Content-Type", contentType)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response := must(client.Do(request))
	defer response.Body.Close()
	said := must(io.ReadAll(response.Body))
	if response.StatusCode != http.StatusOK {
		log.Fatalf("%s answered %d: %s", address, response.StatusCode, said)
	}
	must(said, json.Unmarshal(said, &answer))
	return answer
}

func main() {
	// 1. Trust: this authority and no other, and nothing older than TLS 1.3.
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(must(os.ReadFile(cmp.Or(os.Getenv("CA_FILE"), ".passthru/tls/ca.pem"))))
	client.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13}}

	// 2. Where the browser comes back to: a free port of this machine's loopback (RFC 8252 section 7.3).
	listener := must(net.Listen("tcp", "127.0.0.1:0"))
	redirectURI := fmt.Sprintf("http://%s/callback", listener.Addr())
	callbacks := make(chan url.Values, 1)
	http.HandleFunc("/callback", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "Done. Close this window and go back to the program.")
		callbacks <- r.URL.Query()
	})
	go http.Serve(listener, nil)

	// 3. Log-in: authorization code with PKCE (RFC 7636). The verifier stays here; only its hash travels with the browser.
	discovery := send[struct {
		Issuer   string
		Login    string `json:"authorization_endpoint"`
		Token    string `json:"token_endpoint"`
		Userinfo string `json:"userinfo_endpoint"`
	}](cmp.Or(os.Getenv("IDENTITY_URL"), "https://localhost:8082")+"/.well-known/openid-configuration", "", "", "")
	verifier, state := rand.Text()+rand.Text(), rand.Text()
	challenge := sha256.Sum256([]byte(verifier))
	fmt.Println("Open this address in a browser and log in, for example as demo-user / demo-user-password:")
	fmt.Println(discovery.Login + "?" + url.Values{
		"response_type": {"code"}, "client_id": {clientID}, "redirect_uri": {redirectURI}, "state": {state},
		"scope": {"openid profile kms:elastic-keys:read kms:encrypt kms:decrypt"}, "resource": {"urn:passthru:kms"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])}, "code_challenge_method": {"S256"},
	}.Encode())

	callback := <-callbacks
	listener.Close()
	if callback.Get("state") != state || callback.Get("iss") != discovery.Issuer || !callback.Has("code") {
		log.Fatal("no log-in, or not this one: ", callback.Get("error"), " ", callback.Get("error_description"))
	}

	// 4. Token: the code is good once, for whoever has the verifier.
	tokens := send[tokenSet](discovery.Token, "", "application/x-www-form-urlencoded", url.Values{
		"grant_type": {"authorization_code"}, "client_id": {clientID}, "code": {callback.Get("code")},
		"redirect_uri": {redirectURI}, "code_verifier": {verifier},
	}.Encode())

	// 5. Userinfo: who logged in. The scope openid opens it to the access token, whichever API that is for.
	fmt.Println("Logged in:", send[struct{ Name string }](discovery.Userinfo, tokens.Access, "", "").Name)

	// 6. KMS: find the key by its name. Plaintext travels as base64url; the same context is required to decrypt.
	keys := cmp.Or(os.Getenv("KMS_URL"), "https://localhost:8081") + "/service/api/v1/elastic-keys"
	key := keys + "/" + send[struct{ Items []struct{ ID string } }](keys+"?name=demo-encryption-key", tokens.Access, "", "").Items[0].ID
	secret := fmt.Sprintf(`{"plaintext":%q,"context":"sample"}`, base64.RawURLEncoding.EncodeToString([]byte("Hello from Go")))
	sealed := send[struct{ Ciphertext string }](key+"/encrypt", tokens.Access, "application/json", secret)
	fmt.Println("Ciphertext:", sealed.Ciphertext)
	closed := fmt.Sprintf(`{"ciphertext":%q,"context":"sample"}`, sealed.Ciphertext)
	opened := send[struct{ Plaintext string }](key+"/decrypt", tokens.Access, "application/json", closed)
	fmt.Printf("Decrypted: %s\n", must(base64.RawURLEncoding.DecodeString(opened.Plaintext)))
}
