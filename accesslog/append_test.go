package accesslog

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"time"
)

// same fails if the line of a record differs from what encoding/json writes.
func same(t *testing.T, r Record) {
	t.Helper()
	want, wrong := json.Marshal(r)
	got, err := appendRecord([]byte("before"), &r)
	if (err != nil) != (wrong != nil) {
		t.Fatalf("%+v: error %v, encoding/json says %v", r, err, wrong)
	}
	if err == nil && string(got) != "before"+string(want) {
		t.Errorf("got\n%s\nwant\n%s", got[len("before"):], want)
	}
}

func usualRecord() Record {
	return Record{
		ID: "0199c0f4-7d4e-7c31-9a55-2f7c3a1b0e6d", Time: time.Date(2026, 11, 21, 15, 43, 0, 120_000_000, time.UTC),
		RequestID: "0199c0f4-7d4e-7c31-9a55-2f7c3a1b0e6e", Client: "unknown", Protocol: "graphql", Method: "POST", Path: "/graphql",
		OperationHash: "cd6d1f0b1d7a5dd2f2ff2a3c6b0e27e1d0b8d4c29a4b4f6b7f5c9d9a5b1e2f30", OperationType: "query", Status: 200,
		DurationMS: 0.213, Bytes: 31, CostEstimated: 1, CostActual: 1, Counts: Counts{BackendCalls: 2, BackendKeys: 3},
	}
}

// TestEveryFieldIsWritten sets each field alone, so that a new one cannot be forgotten.
func TestEveryFieldIsWritten(t *testing.T) {
	same(t, Record{})
	same(t, usualRecord())
	kind := reflect.TypeFor[Record]()
	for _, field := range reflect.VisibleFields(kind) {
		var r Record
		switch at := reflect.ValueOf(&r).Elem().FieldByIndex(field.Index); at.Interface().(type) {
		case string:
			at.SetString("value")
		case int, int64:
			at.SetInt(-7)
		case float64:
			at.SetFloat(1.25)
		case []string:
			at.Set(reflect.ValueOf([]string{"a", "b"}))
		case time.Time:
			at.Set(reflect.ValueOf(time.Unix(1, 2).UTC()))
		case Counts:
			continue // its fields are visited, too
		default:
			t.Fatalf("%s is of a type that this test does not know", field.Name)
		}
		same(t, r)
	}
}

func TestUnusualValuesAreWrittenAlike(t *testing.T) {
	for _, text := range []string{`"`, `\`, "<script>&", "\x00\x1f\x7f", "ü", "\u2028\u2029", "\xff\xfe", "\n", "😀"} {
		same(t, Record{Client: text, TraceID: text, ErrorCodes: []string{text, "OK"}})
	}
	for _, f := range []float64{0, math.Copysign(0, -1), 1e-7, 1e-6, 0.001, 123456.789, 1e20, 1e21, -3, math.NaN(), math.Inf(1)} {
		same(t, Record{DurationMS: f})
	}
	for _, at := range []time.Time{
		{}, time.Unix(0, 1).UTC(), time.Unix(5, 0), time.Unix(5, 0).In(time.FixedZone("", 3600)), time.Unix(5, 0).In(time.FixedZone("", 30)),
		time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC),
	} {
		same(t, Record{Time: at})
	}
}

func FuzzRecordAsJSON(f *testing.F) {
	f.Add("id", "web app/2", "A\"B", 0.25, int64(1), int64(2))
	f.Fuzz(func(t *testing.T, id, client, code string, took float64, at, n int64) {
		same(t, Record{
			ID: id, Client: client, OperationName: code, ErrorCodes: []string{code, client}, Deprecated: []string{id}, DurationMS: took,
			Time: time.Unix(at, n).UTC(), Viewer: n, Bytes: at, Counts: Counts{RedisHits: n},
		})
	})
}

// TestARecordCostsTheRequestNothing holds that neither handing a record over nor writing its line allocates.
func TestARecordCostsTheRequestNothing(t *testing.T) {
	q, r := newQueue(1<<20, 500), usualRecord()
	fill := func() {
		for range 500 {
			q.add(&r)
		}
		q.release(q.take())
	}
	fill() // the first chunk grows to its size
	if n := testing.AllocsPerRun(10, fill); n > 1 {
		t.Errorf("500 records handed over: %v allocations", n)
	}
	line := make([]byte, 0, 1024)
	if n := testing.AllocsPerRun(100, func() { _, _ = appendRecord(line, &r) }); n > 0 {
		t.Errorf("one line: %v allocations", n)
	}
}

func BenchmarkRecord(b *testing.B) {
	r, line := usualRecord(), make([]byte, 0, 1024)
	b.Run("encoding/json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = json.Marshal(r)
		}
	})
	b.Run("appended", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = appendRecord(line, &r)
		}
	})
	b.Run("queue", func(b *testing.B) {
		q := newQueue(1<<20, 500)
		b.ReportAllocs()
		for b.Loop() {
			if q.add(&r); q.size == 500 {
				q.release(q.take())
			}
		}
	})
}
