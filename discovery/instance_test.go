package discovery

import (
	"errors"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	started := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	tests := map[string]struct {
		data string
		want Instance
		bad  bool
	}{
		"complete":           {data: `{"addr":"10.0.0.7:10000","version":"v1","weight":3,"started":"2026-11-20T08:00:00Z"}`, want: Instance{"10.0.0.7:10000", "v1", 3, started}},
		"members to come":    {data: `{"addr":"h:1","zone":"b"}`, want: Instance{Addr: "h:1", Weight: 1}},
		"IPv6":               {data: `{"addr":"[::1]:10000"}`, want: Instance{Addr: "[::1]:10000", Weight: 1}},
		"weight zero":        {data: `{"addr":"h:1","weight":0}`, want: Instance{Addr: "h:1", Weight: 1}},
		"weight negative":    {data: `{"addr":"h:1","weight":-5}`, want: Instance{Addr: "h:1", Weight: 1}},
		"empty":              {data: ``, bad: true},
		"no JSON":            {data: `10.0.0.7:10000`, bad: true},
		"a list":             {data: `[]`, bad: true},
		"no address":         {data: `{}`, bad: true},
		"no port":            {data: `{"addr":"10.0.0.7"}`, bad: true},
		"no host":            {data: `{"addr":":10000"}`, bad: true},
		"every interface":    {data: `{"addr":"0.0.0.0:10000"}`, bad: true},
		"every interface v6": {data: `{"addr":"[::]:10000"}`, bad: true},
		"port zero":          {data: `{"addr":"h:0"}`, bad: true},
		"port of a name":     {data: `{"addr":"h:http"}`, bad: true},
		"port too big":       {data: `{"addr":"h:65536"}`, bad: true},
		"a path":             {data: `{"addr":"a/b:1"}`, bad: true},
		"a line break":       {data: `{"addr":"a\nb:1"}`, bad: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := parse([]byte(test.data))
			if test.bad != (err != nil) || !got.equal(test.want) {
				t.Errorf("parse = %+v, %v; want %+v", got, err, test.want)
			}
		})
	}
}

func TestOrderedKeepsTheYoungestOfAnAddress(t *testing.T) {
	now := time.Now()
	list := ordered([]Instance{{Addr: "b:1"}, {Addr: "a:1", Started: now}, {Addr: "a:1", Started: now.Add(time.Second), Version: "young"}})
	if len(list) != 2 || list[0].Version != "young" || list[1].Addr != "b:1" {
		t.Errorf("ordered = %+v", list)
	}
}

func TestServiceNames(t *testing.T) {
	for _, good := range []string{"bff.user.v1.UserService", "Service", "a_b.c-d"} {
		if err := checkService(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"", ".", "..", "../../etc/passwd", "a/b", ".a", "a.", "a..b", "a b", "ä"} {
		if err := checkService(bad); !errors.Is(err, ErrService) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestServers(t *testing.T) {
	got := Servers(" a:1, b:2 ,,c")
	if len(got) != 3 || got[0] != "a:1" || got[1] != "b:2" || got[2] != "c" {
		t.Errorf("Servers = %q", got)
	}
	if got := Servers(""); len(got) != 0 {
		t.Errorf("Servers = %q", got)
	}
}
