package transport_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"bff/transport"
)

// TestWholeAnswersHaveALength asks a real server: net/http counts short answers itself.
func TestWholeAnswersHaveALength(t *testing.T) {
	message := map[string]string{"/short": "m", "/middle": strings.Repeat("m", 1900), "/long": strings.Repeat("m", 5000)}
	server := httptest.NewUnstartedServer(transport.Compress(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		transport.Refuse(w, r, http.StatusForbidden, "CODE", message[r.URL.Path])
	})))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()

	older := server.Client().Transport.(*http.Transport).Clone()
	older.ForceAttemptHTTP2, older.TLSClientConfig.NextProtos = false, []string{"http/1.1"}
	defer older.CloseIdleConnections()
	for _, client := range []http.RoundTripper{server.Client().Transport, older} {
		for path, text := range message {
			whole := int64(len(fmt.Sprintf(`{"errors":[{"message":%q,"extensions":{"code":"CODE"}}]}`, text)))
			for _, test := range []struct {
				method, accept string
				length         int64
			}{
				{http.MethodPost, "identity", whole},
				{http.MethodHead, "identity", whole},
				{http.MethodPost, "br", -1},
			} {
				r, _ := http.NewRequestWithContext(t.Context(), test.method, server.URL+path, nil)
				r.Header.Set("Accept-Encoding", test.accept)
				response, err := client.RoundTrip(r)
				if err != nil {
					t.Fatal(err)
				}
				_ = response.Body.Close()
				compressed := response.Header.Get("Content-Encoding") == "br"
				if compressed != (test.accept == "br" && whole >= 512) {
					t.Errorf("%s %s %s %s: compressed %t", response.Proto, test.method, path, test.accept, compressed)
				}
				if !compressed && response.ContentLength != whole {
					t.Errorf("%s %s %s %s: length %d, want %d", response.Proto, test.method, path, test.accept, response.ContentLength, whole)
				}
			}
		}
	}
}
