package e2e

import (
	"strings"
	"testing"
	"time"
)

func TestWrongSettingsStopTheProgramAndNameTheFlag(t *testing.T) {
	tests := map[string]struct {
		program string
		env     map[string]string
		args    []string
		want    string
	}{
		"address":             {"server", nil, []string{"-addr", "nowhere"}, "-addr"},
		"admin address":       {"server", map[string]string{"BFF_ADMIN_ADDR": "x"}, nil, "-admin-addr"},
		"port out of range":   {"dev", nil, []string{"-addr", "127.0.0.1:99999"}, "-addr"},
		"address of users":    {"dev", nil, []string{"-userd-addr", "nowhere"}, "-userd-addr"},
		"address of posts":    {"dev", map[string]string{"BFF_POSTD_ADDR": "127.0.0.1:99999"}, nil, "-postd-addr"},
		"no ensemble":         {"server", map[string]string{"BFF_ZOOKEEPER": ""}, nil, "-zookeeper"},
		"duration":            {"server", map[string]string{"BFF_BACKEND_TIMEOUT": "soon"}, nil, "-backend-timeout"},
		"negative duration":   {"server", nil, []string{"-request-timeout", "-1s"}, "-request-timeout"},
		"avatar base":         {"dev", nil, []string{"-avatar-base", "no address"}, "-avatar-base"},
		"signing key":         {"dev", nil, []string{"-signing-key", "/no/such/file"}, "-signing-key"},
		"unknown flag":        {"server", nil, []string{"-nothing"}, "-nothing"},
		"argument":            {"server", nil, []string{"argument"}, "argument"},
		"database":            {"userd", map[string]string{"BFF_DATABASE": "postgres://root:hunter2@host/db"}, []string{"-zookeeper", "", "-addr", "127.0.0.1:0"}, "mysql://"},
		"seeds":               {"postd", nil, []string{"-seed-posts", "10"}, "-seed-posts"},
		"negative seeds":      {"userd", nil, []string{"-seed-users", "-1"}, "-seed-users"},
		"nothing to register": {"userd", nil, []string{"-addr", ":10000"}, "-advertise"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := start(t, test.program, test.env, test.args...)
			if code := p.wait(20 * time.Second); code != 2 && name != "database" || code == 0 {
				t.Errorf("exit code %d", code)
			}
			if said := p.said(); !strings.Contains(said, test.want) || strings.Contains(said, "hunter2") || strings.Contains(said, "goroutine") {
				t.Errorf("it says %s", said)
			}
		})
	}
}

func TestHelpListsEveryFlagWithItsVariable(t *testing.T) {
	for _, program := range []string{"server", "userd", "postd", "dev"} {
		p := start(t, program, nil, "-h")
		if code := p.wait(20 * time.Second); code != 0 {
			t.Errorf("%s -h: exit code %d", program, code)
		}
		said := p.said()
		flags, variables := strings.Count(said, "\n  -"), strings.Count(said, "(environment: BFF_")
		if flags < 5 || flags != variables {
			t.Errorf("%s -h names %d flags and %d variables:\n%s", program, flags, variables, said)
		}
	}
}

func TestRequestsOfEveryKindOfWrong(t *testing.T) {
	dev := startDev(t)
	tests := map[string]struct {
		token, query string
		status       int
		want         string
	}{
		"a word as id":     {"", `{ user(id: "abc") { id } }`, 200, `"code":"BAD_USER_INPUT"`},
		"too many":         {"", `{ users(first: 1000) { nodes { id } } }`, 200, `"code":"BAD_USER_INPUT"`},
		"unknown user":     {"", `{ user(id: 999999) { id } }`, 200, `{"data":{"user":null}}`},
		"wrong password":   {"", `mutation { signIn(input: {username: "lucus", password: "wrong"}) { token } }`, 200, `"code":"UNAUTHENTICATED"`},
		"alg none":         {"eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", home, 401, `"code":"UNAUTHENTICATED"`},
		"garbage":          {"garbage", home, 401, `"code":"UNAUTHENTICATED"`},
		"no token":         {"", `mutation { createPost(input: {title: "a", body: "b"}) { post { id } } }`, 200, `"code":"UNAUTHENTICATED"`},
		"a deadly cycle":   {"", `query S { viewer { ...F } } fragment F on User { posts { nodes { author { ...F } } } }`, 200, `"code":"GRAPHQL_VALIDATION_FAILED"`},
		"the same, unused": {"", `{__schema{types{...F}}} fragment F on __Type { ofType { ...F ofType { ...F } } }`, 200, `"code":"GRAPHQL_VALIDATION_FAILED"`},
		"nested brackets":  {"", `{ user(id: ` + strings.Repeat("[", 100000) + `) { id } }`, 200, `"code":"LIMIT_EXCEEDED"`},
	}
	for name, test := range tests {
		status, answer := dev.query(test.token, test.query)
		if status != test.status || !strings.Contains(answer, test.want) {
			t.Errorf("%s: %d %s", name, status, answer)
		}
		if status, answer := dev.query("", home); status != 200 || answer != homeAnswer {
			t.Errorf("after %s: %d %s", name, status, answer)
		}
	}
	if said := dev.said(); strings.Contains(said, "eyJhbGciOiJub25l") || strings.Contains(said, "13100000001") {
		t.Errorf("it says %s", said)
	}
}
