package engine

import (
	"reflect"
	"testing"
)

func TestAReportIsSortedByLevelsAndPaths(t *testing.T) {
	var r Report
	if got := r.Levels(); got == nil || len(got) != 0 {
		t.Errorf("empty: %v", got)
	}
	r.fields = map[place]*Resolved{}
	for _, at := range []place{{2, "User", "a.b", true, false}, {1, "Query", "c", false, false}, {2, "User", "a.b", false, true}, {2, "Post", "a.b", false, false}, {1, "Query", "a", false, false}} {
		r.fields[at] = &Resolved{Type: at.object, Path: at.path, Ahead: at.ahead, Deferred: at.deferred}
	}
	want := []Level{
		{[]Resolved{{Type: "Query", Path: "a"}, {Type: "Query", Path: "c"}}},
		{[]Resolved{{Type: "Post", Path: "a.b"}, {Type: "User", Path: "a.b", Deferred: true}, {Type: "User", Path: "a.b", Ahead: true}}},
	}
	if got := r.Levels(); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
}

// TestNobodyAsksForAReport holds that an execution finds that out without an allocation.
func TestNobodyAsksForAReport(t *testing.T) {
	var x execution
	ctx := WithStats(t.Context(), &Stats{})
	if n := testing.AllocsPerRun(100, func() { x.observe(ctx) }); n > 0 || x.stats == nil || x.report != nil {
		t.Errorf("%v allocations, report %v", n, x.report)
	}
}
