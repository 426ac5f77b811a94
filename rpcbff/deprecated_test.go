package rpcbff_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"bff/rpcbff"
)

type (
	searchInput struct {
		Text   string    `json:"text"`
		Page   *page     `json:"page"`
		Where  []place   `json:"where,omitempty"`
		Strict *bool     `json:"strict,omitempty" deprecated:"It always is."`
		Marks  markInput `json:"marks,omitempty"`
		Color  *color    `json:"color,omitempty" deprecated:"There is one."` // an enum that can be absent
	}
	page struct {
		Size *int `json:"size,omitempty" deprecated:"Use first."`
	}
	place struct {
		Town   string `json:"town,omitempty"`
		Street string `json:"street,omitempty" deprecated:"Use town."`
	}
	markInput map[string]place
)

// TestUseOfWhatIsDeprecatedIsTold: what a call gave counts, what its type could hold does not.
func TestUseOfWhatIsDeprecatedIsTold(t *testing.T) {
	var told []rpcbff.Call
	search := func(context.Context, searchInput) (string, error) { return "", nil }
	h := rpcbff.NewHandler(rpcbff.NewApp(
		rpcbff.Query("search", "", search),
		rpcbff.Query("old.search", "", search).Deprecated("Use search."),
	), rpcbff.Options{Observe: func(_ context.Context, c rpcbff.Call) { told = append(told, c) }})
	for _, test := range []struct{ path, input, want string }{
		{`"search"`, `{"text":"x","page":null}`, "[]"},
		{`"search"`, `{"text":"x","page":{},"where":[{"town":"y"}]}`, "[]"},
		{`"search"`, `{"text":"x","page":{"size":1},"strict":false}`, "[rpc:page.size rpc:searchInput.strict]"},
		{`"search"`, `{"text":"x","page":null,"where":[{"town":"y"},{"street":"z"}]}`, "[rpc:place.street]"},
		{`"search"`, `{"text":"x","page":null,"marks":{"here":{"street":"z"}}}`, "[rpc:place.street]"},
		{`"search"`, `{"text":"x","page":null,"color":"RED"}`, "[rpc:searchInput.color]"},
		{`"old","search"`, `{"text":"x","page":null}`, "[rpc:old.search]"},
		{`"old","search"`, `{"text":1,"page":null}`, "[]"}, // refused, as an operation that is not valid
		{`"nope"`, `{}`, "[]"},
	} {
		told = nil
		post(h, fmt.Sprintf(`{"type":"Single","path":[%s],"input":%s}`, test.path, test.input))
		if len(told) != 1 || fmt.Sprint(told[0].Deprecated) != test.want {
			t.Errorf("%s %s: %+v, want %s", test.path, test.input, told, test.want)
		}
	}
}

// TestNoProcedureKnowsPasswords reads what clients are told of all types.
func TestNoProcedureKnowsPasswords(t *testing.T) {
	described, err := os.ReadFile("../rpc.json")
	if err != nil {
		t.Fatal(err)
	}
	if text := strings.ToLower(string(described)); strings.Contains(text, "password") || !strings.Contains(text, "username") {
		t.Error("a password is described, or nothing is")
	}
}
