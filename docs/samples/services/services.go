// A service at the KMS by each method: cd docs/samples/services && go run . ../../../.passthru
package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"path/filepath"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

func variable(name, usual string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return usual
}

var (
	identity = variable("IDENTITY_URL", "https://localhost:8082")
	kms      = variable("KMS_URL", "https://localhost:8081") + "/service/api/v1"
	key      = kms + "/elastic-keys/demo-encryption-key"
)

// must ends the program with the error: a service would log it, wait and ask again.
func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

// trusting makes a client that trusts the authority of the stack and no other, and shows a certificate where there is one.
func trusting(state string, certificates ...tls.Certificate) *http.Client {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(must(os.ReadFile(filepath.Join(state, "tls/ca.pem")))) {
		log.Fatal("no certificate in ca.pem")
	}
	config := &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: roots, Certificates: certificates}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: config}}
}

// ask sends JSON and reads the answer; a refusal says why, and what to do.
func ask(client *http.Client, method, address string, headers http.Header, body any) map[string]any {
	var content io.Reader
	if body != nil {
		content = bytes.NewReader(must(json.Marshal(body)))
	}
	request := must(http.NewRequest(method, address, content))
	if headers != nil {
		request.Header = headers.Clone()
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response := must(client.Do(request))
	defer response.Body.Close()
	text := must(io.ReadAll(response.Body))
	if response.StatusCode >= 300 {
		log.Fatalf("%s: %s", response.Status, text)
	}
	answer := map[string]any{}
	if len(text) > 0 {
		must(0, json.Unmarshal(text, &answer))
	}
	return answer
}

func thereAndBack(client *http.Client, headers http.Header, text string) string {
	plaintext := base64.RawURLEncoding.EncodeToString([]byte(text))
	sealed := ask(client, "POST", key+"/encrypt", headers, map[string]any{"plaintext": plaintext})
	opened := ask(client, "POST", key+"/decrypt", headers, map[string]any{"ciphertext": sealed["ciphertext"]})
	return string(must(base64.RawURLEncoding.DecodeString(opened["plaintext"].(string))))
}

func basic(name, password string) http.Header {
	request := must(http.NewRequest("GET", kms, nil))
	request.SetBasicAuth(name, password)
	return request.Header
}

func main() {
	log.SetFlags(0)
	state := ".passthru"
	if len(os.Args) > 1 {
		state = os.Args[1]
	}
	client := trusting(state)

	// A token of Identity (RFC 6749 section 4.4), fetched, sent and renewed by x/oauth2.
	credentials := clientcredentials.Config{
		ClientID:       "demo-confidential-client",
		ClientSecret:   "demo-confidential-client-password",
		TokenURL:       identity + "/oauth2/token",
		Scopes:         []string{"kms:crypto"},
		EndpointParams: url.Values{"resource": {"urn:passthru:kms"}},
		AuthStyle:      oauth2.AuthStyleInHeader,
	}
	token := credentials.Client(context.WithValue(context.Background(), oauth2.HTTPClient, client))
	fmt.Println("client credentials:", thereAndBack(token, nil, "by a token"))

	// A user of a realm of the KMS (RFC 7617).
	fmt.Println("password:", thereAndBack(client, basic("demo-user", "demo-user-password"), "by a password"))

	// A client certificate that realms.yml names.
	leaf := filepath.Join(state, "tls/service-client")
	certified := trusting(state, must(tls.LoadX509KeyPair(leaf+".pem", leaf+".key")))
	fmt.Println("certificate:", thereAndBack(certified, nil, "by a certificate"))

	// Somebody who may make API keys makes one, hands it over, and deletes it here when it is not needed any more.
	admin := basic("demo-tenant-admin", "demo-tenant-admin-password")
	made := ask(client, "POST", kms+"/api-keys", admin, map[string]any{
		"name": "sample in Go", "scopes": []string{"kms:encrypt", "kms:decrypt"},
	})
	bearer := http.Header{"Authorization": {"Bearer " + made["key"].(string)}}
	fmt.Println("API key:", thereAndBack(client, bearer, "by an API key"))
	ask(client, "DELETE", kms+"/api-keys/"+made["id"].(string), admin, nil)
}
