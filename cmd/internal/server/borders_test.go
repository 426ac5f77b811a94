package server

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"bff"
)

func through(m middleware, r *http.Request) (*httptest.ResponseRecorder, *http.Request) {
	var reached *http.Request
	answer := httptest.NewRecorder()
	m(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { reached = r })).ServeHTTP(answer, r)
	return answer, reached
}

func TestCrossSiteRequestsAreRefused(t *testing.T) {
	const allowed, evil = "https://app.example", "https://evil.example"
	m := refuseCrossSite([]string{allowed}, refuseOperation)
	for name, test := range map[string]struct {
		method, site, origin string
		reaches              bool
	}{
		"curl":                         {"POST", "", "", true},
		"the address bar":              {"GET", "none", "", true},
		"the Playground":               {"POST", "same-origin", "http://bff.example", true},
		"urql's GET from our own page": {"GET", "same-origin", "", true},
		"another of our hosts":         {"GET", "same-site", "https://www.bff.example", true},
		"an allowed origin":            {"POST", "cross-site", allowed, true},
		"an allowed origin's GET":      {"GET", "cross-site", allowed, true},
		"a form of another site":       {"POST", "cross-site", evil, false},
		"an image of another site":     {"GET", "cross-site", "", false},
		"a sandboxed frame":            {"POST", "cross-site", "null", false},
		"an old browser, another site": {"POST", "", evil, false},
		"an old browser, our own page": {"POST", "", "http://bff.example", true},
		"an old browser, allowed":      {"POST", "", allowed, true},
		"an old browser, null":         {"POST", "", "null", false},
		"nonsense":                     {"POST", "perhaps", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(test.method, "http://bff.example/graphql", nil)
			if test.site != "" {
				r.Header.Set("Sec-Fetch-Site", test.site)
			}
			if test.origin != "" {
				r.Header.Set("Origin", test.origin)
			}
			answer, reached := through(m, r)
			if (reached != nil) != test.reaches || !test.reaches && answer.Code != http.StatusForbidden {
				t.Errorf("reached %t, status %d", reached != nil, answer.Code)
			}
		})
	}
}

func TestAllowedOriginsReadAnswers(t *testing.T) {
	m := allowOrigins([]string{"https://app.example"})
	for origin, want := range map[string]string{"https://app.example": "https://app.example", "https://evil.example": "", "null": ""} {
		preflight := httptest.NewRequest(http.MethodOptions, "/graphql", nil)
		preflight.Header.Set("Origin", origin)
		preflight.Header.Set("Access-Control-Request-Method", "POST")
		preflight.Header.Set("Access-Control-Request-Headers", "authorization,content-type,graphql-client-name")
		answer, reached := through(m, preflight)
		if got := answer.Header().Get("Access-Control-Allow-Origin"); got != want || reached != nil || (want != "") != (answer.Header().Get("Access-Control-Allow-Headers") != "") {
			t.Errorf("preflight of %s: %v", origin, answer.Header())
		}
		r := httptest.NewRequest(http.MethodPost, "/graphql", nil)
		r.Header.Set("Origin", origin)
		if answer, _ := through(m, r); answer.Header().Get("Access-Control-Allow-Origin") != want {
			t.Errorf("request of %s: %v", origin, answer.Header())
		}
	}
}

func TestWhereARequestComesFrom(t *testing.T) {
	m := locate([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")})
	for name, test := range map[string]struct{ peer, forwarded, want string }{
		"directly":                      {"192.0.2.1:1234", "", "192.0.2.1"},
		"directly, with a false header": {"192.0.2.1:1234", "198.51.100.1", "192.0.2.1"},
		"through our proxy":             {"10.0.0.1:1234", "198.51.100.1", "198.51.100.1"},
		"through two of ours":           {"10.0.0.1:1234", "198.51.100.1, 10.0.0.2", "198.51.100.1"},
		"with a false header before it": {"10.0.0.1:1234", "203.0.113.9, 198.51.100.1", "198.51.100.1"},
		"with garbage before it":        {"10.0.0.1:1234", "garbage", "10.0.0.1"},
		"our proxy itself":              {"10.0.0.1:1234", "", "10.0.0.1"},
		"IPv6":                          {"[2001:db8:1:2:3:4:5:6]:1234", "", "2001:db8:1:2::/64"},
		"IPv4 in IPv6":                  {"[::ffff:192.0.2.1]:1234", "", "192.0.2.1"},
		"IPv6 with a zone":              {"[fe80::1%eth0]:1234", "", "fe80::/64"},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/graphql", nil)
			r.RemoteAddr = test.peer
			if test.forwarded != "" {
				r.Header.Set("X-Forwarded-For", test.forwarded)
			}
			_, reached := through(m, r)
			if got := bff.AddressFrom(reached.Context()); got != test.want {
				t.Errorf("from %s, want %s", got, test.want)
			}
		})
	}
}

func TestClientsNames(t *testing.T) {
	for _, test := range []struct {
		header, value, name, version string
	}{
		{"GraphQL-Client-Name", "web app/2", "web app/2", ""},
		{"Apollographql-Client-Name", "ios", "ios", ""},
		{"Apollographql-Client-Version", "1.0", "unknown", "1.0"},
		{"GraphQL-Client-Name", "a\"b", "unknown", ""},
		{"GraphQL-Client-Name", "eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJiZmYiLCJzdWIiOiIxIn0.c2lnbmF0dXJlc2lnbmF0dXJl", "unknown", ""},
	} {
		if name, version := clientOf(http.Header{test.header: {test.value}, http.CanonicalHeaderKey(test.header): {test.value}}); name != test.name || version != test.version {
			t.Errorf("%s: %s is %q, %q", test.header, test.value, name, version)
		}
	}
}
