package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bff/accesslog"
)

// gate runs schema-check in the root of the repository.
func gate(t *testing.T, args ...string) (code int, said string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "node", append([]string{"tools/schema-check/main.mjs", "--logwriter", filepath.Join(bin, "logwriter")}, args...)...)
	command.Dir = ".."
	output, err := command.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return command.ProcessState.ExitCode(), string(output)
}

// writeText puts a file into a folder and returns its path.
func writeText(t *testing.T, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func readText(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// replaced is a text with another instead of a part that is there once.
func replaced(t *testing.T, text, old, instead string) string {
	t.Helper()
	if strings.Count(text, old) != 1 {
		t.Fatalf("%q is there %d times", old, strings.Count(text, old))
	}
	return strings.Replace(text, old, instead, 1)
}

// appendRecords appends records to the files of a folder, by the code that the server uses.
func appendRecords(t *testing.T, dir string, list ...accesslog.Record) {
	t.Helper()
	files, err := accesslog.OpenFiles(dir, "test")
	if err != nil {
		t.Fatal(err)
	}
	var entries []accesslog.Entry
	for _, r := range list {
		line, _ := json.Marshal(r)
		entries = append(entries, accesslog.Entry{Key: r.Client, Line: line})
	}
	if err := errors.Join(files.Send(t.Context(), entries), files.Close()); err != nil {
		t.Fatal(err)
	}
}

// daily is a record on each of the last 30 days but those that are left out, counted backwards.
func daily(without ...int) []accesslog.Record {
	left := map[int]bool{}
	for _, n := range without {
		left[n] = true
	}
	var list []accesslog.Record
	for n := 1; n <= 30; n++ {
		if !left[n] {
			list = append(list, accesslog.Record{ID: fmt.Sprint("day-", n), Time: time.Now().UTC().AddDate(0, 0, -n), Client: "web", Viewer: 13100000001})
		}
	}
	return list
}

// TestTheGateKnowsWhoUsesWhatIsDeprecated removes what is deprecated from the contracts: a server's own records decide.
func TestTheGateKnowsWhoUsesWhatIsDeprecated(t *testing.T) {
	install(t, "../tools/schema-check")
	work := t.TempDir()
	schema, description := readText(t, "../schema.graphqls"), readText(t, "../rpc.json")
	const avatar = `  "Absolute address of the picture. Deprecated: use ` + "`avatarUrl`" + `, which has the same value."
  avatar: String @deprecated(reason: "Use ` + "`avatarUrl`" + `, which has the same value.")
`
	without := writeText(t, work, "without.graphqls", replaced(t, schema, avatar, ""))
	noTitle := writeText(t, work, "title.graphqls", replaced(t, schema, "  title: String!\n  body: String! @cost", "  body: String! @cost"))
	release := func(since, rpc string) string {
		dir := t.TempDir()
		writeText(t, dir, "schema.graphqls", schema)
		writeText(t, dir, "rpc.json", rpc)
		writeText(t, dir, "deprecated.json", fmt.Sprintf(`{"User.avatar": %q, "rpc:user.list": %q, "rpc:ListInput.after": %[1]q}`, since, since))
		return dir
	}
	const longAgo = "2020-01-01"
	old := release(longAgo, description)

	used := t.TempDir()
	dev := startDev(t, "-log-dir", used, "-spool-dir", t.TempDir())
	dev.post(`{"query":"{ user(id: 1) { avatar phone } }"}`, map[string]string{"GraphQL-Client-Name": "web", "GraphQL-Client-Version": "1.2"})
	if code := dev.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	today := t.TempDir()
	for _, path := range recordFiles(t, used) {
		writeText(t, today, filepath.Base(path), readText(t, path))
	}
	appendRecords(t, used, daily()...)

	unused := t.TempDir()
	appendRecords(t, unused, daily()...)
	appendRecords(t, unused, accesslog.Record{ID: "old", Time: time.Now().UTC().AddDate(0, 0, -31), Client: "web", Deprecated: []string{"User.avatar"}})
	writeText(t, unused, "access-"+time.Now().UTC().Format(time.DateOnly)+"-cut-0000.jsonl", `{"id":"cut","deprecated":["User.ava`)
	gap := t.TempDir()
	appendRecords(t, gap, daily(7)...)
	spoilt := t.TempDir()
	appendRecords(t, spoilt, daily()...)
	writeText(t, spoilt, "access-"+time.Now().UTC().Format(time.DateOnly)+"-spoilt-0000.jsonl", "nonsense\n")
	twice := t.TempDir()
	again := accesslog.Record{ID: "again", Time: time.Now().UTC(), Client: "ios", Deprecated: []string{"User.avatar", "rpc:user.list"}}
	appendRecords(t, twice, append(daily(), again, again)...)

	// The same of the procedures: one that is deprecated goes, or a field of its input, or of an output.
	listDeprecated := replaced(t, description, `"description": "All users, newest first."`, `"description": "All users, newest first.", "deprecated": "Use search."`)
	noList := writeText(t, work, "list.json", edited(t, description, func(d map[string]any) {
		delete(d["entries"].(map[string]any)["entries"].(map[string]any)["user"].(map[string]any)["entries"].(map[string]any), "list")
	}))
	noAvatar := writeText(t, work, "avatar.json", edited(t, description, func(d map[string]any) {
		for _, described := range d["types"].(map[string]any) {
			if m := described.(map[string]any); m["name"] == "User" {
				delete(m["fields"].(map[string]any), "avatar")
			}
		}
	}))

	for name, test := range map[string]struct {
		args []string
		code int
		want string
	}{
		"nothing has changed":                 {[]string{"--release", old}, 0, "no change"},
		"the client that uses it is named":    {[]string{"--release", old, "--schema", without, "--records", used}, 1, "used by web 1.2 (1 time, last 20"},
		"lately deprecated, and used":         {[]string{"--release", release(time.Now().UTC().Format(time.DateOnly), description), "--schema", without, "--records", today}, 1, "used by web 1.2"},
		"the records of one day prove little": {[]string{"--release", release(longAgo, listDeprecated), "--rpc", noList, "--records", today}, 1, "do not cover 30 days: none of"},
		"nobody uses it":                      {[]string{"--release", old, "--schema", without, "--records", unused}, 0, "pass  breaking   graphql  User.avatar"},
		"a longer time finds a user":          {[]string{"--release", old, "--schema", without, "--records", unused, "--days", "31"}, 1, "used by web (1 time"},
		"a day is missing":                    {[]string{"--release", old, "--schema", without, "--records", gap}, 1, "do not cover 30 days: none of " + time.Now().UTC().AddDate(0, 0, -7).Format(time.DateOnly)},
		"a line cannot be read":               {[]string{"--release", old, "--schema", without, "--records", spoilt}, 1, "1 lines of the access records cannot be read"},
		"a record is there twice":             {[]string{"--release", old, "--schema", without, "--records", twice}, 1, "used by ios (1 time"},
		"there are no records":                {[]string{"--release", old, "--schema", without, "--records", t.TempDir()}, 1, "there are no access records"},
		"deprecated only lately":              {[]string{"--release", release(time.Now().UTC().Format(time.DateOnly), description), "--schema", without, "--records", unused}, 1, "is deprecated since"},
		"never deprecated":                    {[]string{"--release", old, "--schema", noTitle, "--records", unused}, 1, "Post.title: Field 'title' was removed from object type 'Post' — it is not deprecated in the release"},
		"a procedure that is used":            {[]string{"--release", release(longAgo, listDeprecated), "--rpc", noList, "--records", twice}, 1, "used by ios (1 time"},
		"a procedure that nobody uses":        {[]string{"--release", release(longAgo, listDeprecated), "--rpc", noList, "--records", unused}, 0, "pass  breaking   rpc      rpc:user.list"},
		"a procedure without a warning":       {[]string{"--release", old, "--rpc", noList, "--records", unused}, 1, "it is not deprecated"},
		"an output of procedures":             {[]string{"--release", old, "--rpc", noAvatar, "--records", unused}, 1, "a server does not see what its callers read"},
		"a folder that is not there":          {[]string{"--release", old, "--records", "nowhere"}, 2, "--records"},
		"an unknown flag":                     {[]string{"--nope"}, 2, "nope"},
		"no release":                          {[]string{"--release", t.TempDir()}, 2, "cannot read"},
		"no schema":                           {[]string{"--release", old, "--schema", noList}, 2, "schema-check:"},
		"an unknown commit":                   {[]string{"--base", "no-such-ref"}, 2, "no-such-ref"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, said := gate(t, test.args...)
			if code != test.code || !strings.Contains(said, test.want) {
				t.Errorf("code %d:\n%s\nwant %d, %q", code, said, test.code, test.want)
			}
			if strings.Contains(said, "1310000") {
				t.Errorf("more than the client is told: %s", said)
			}
		})
	}

	t.Run("as JSON", func(t *testing.T) {
		code, said := gate(t, "--release", old, "--schema", without, "--records", used, "--json")
		var parsed struct {
			Stop     bool
			Findings []struct{ Facade, Coordinate, Criticality, Verdict, Why string }
		}
		if err := json.Unmarshal([]byte(said), &parsed); err != nil || code != 1 || !parsed.Stop || len(parsed.Findings) != 1 || parsed.Findings[0].Coordinate != "User.avatar" || parsed.Findings[0].Verdict != "stop" {
			t.Errorf("%d %v: %s", code, err, said)
		}
	})

	t.Run("a release keeps the day of a deprecation", func(t *testing.T) {
		dir := release(longAgo, description)
		if code, said := gate(t, "release", "--release", dir); code != 0 {
			t.Fatal(said)
		}
		var days map[string]string
		if err := json.Unmarshal([]byte(readText(t, filepath.Join(dir, "deprecated.json"))), &days); err != nil || !maps.Equal(days, map[string]string{"User.avatar": longAgo}) {
			t.Errorf("%v %v", days, err)
		}
	})
}

// edited is a JSON object after a change.
func edited(t *testing.T, text string, change func(map[string]any)) string {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		t.Fatal(err)
	}
	change(object)
	changed, _ := json.Marshal(object)
	return string(changed)
}

func recordFiles(t *testing.T, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "access-*.jsonl"))
	if err != nil || len(found) == 0 {
		t.Fatal(found, err)
	}
	return found
}
