package transport

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func FuzzNegotiate(f *testing.F) {
	for _, accept := range []string{"", "*/*", "application/json;q=0.5, application/graphql-response+json", "text/html;level=1;q=x", "multipart/mixed;deferSpec=20220824", ",;=\""} {
		f.Add(accept)
	}
	f.Fuzz(func(t *testing.T, accept string) {
		media, ok := negotiate([]string{accept})
		if ok != (media == mediaJSON || media == mediaResponse) {
			t.Errorf("%q: %q, %t", accept, media, ok)
		}
		if encoding := chooseEncoding([]string{accept}, "br"); encoding != "" && encoding != "br" && encoding != "gzip" {
			t.Errorf("%q: encoding %q", accept, encoding)
		}
	})
}

func FuzzEnvelope(f *testing.F) {
	for _, body := range []string{
		`{"query":"{ a }","variables":{"a":[1,{"b":null}]},"extensions":{"persistedQuery":{"version":1,"sha256Hash":"x"}}}`,
		`[{"query":"{ a }"},{"documentId":"x"}]`, `[[]]`, `[`, `{"id":1}`, `null`, "\xff", `{"variables":"\ud800"}`,
	} {
		f.Add(body)
	}
	h := &Handler{options: Options{}.withDefaults()}
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		_, problem := h.read(httptest.NewRecorder(), r)
		if problem != nil && (problem.status < 400 || problem.status > 499 || problem.code == "") {
			t.Errorf("%q: %+v", body, problem)
		}
	})
}
