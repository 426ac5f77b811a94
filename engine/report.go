package engine

import (
	"cmp"
	"slices"
	"strings"
	"sync"
)

// Report is how an operation was carried out: see Stats. It names types, fields and response keys, and holds no argument,
// variable or value. The zero value is empty. Safe for concurrent use.
type Report struct {
	mu     sync.Mutex
	fields map[place]*Resolved
}

// Level is the fields that were resolved after the same number of fields above them.
type Level struct {
	Fields []Resolved `json:"fields"`
}

// Resolved is a field that was resolved. Fields that are read from their object without a resolver are not reported.
type Resolved struct {
	Type   string `json:"type"` // the concrete type of the objects
	Field  string `json:"field"`
	Path   string `json:"path"`             // response keys with dots between them, without indexes of lists
	Rows   int    `json:"rows"`             // objects that the field was resolved for
	Errors int    `json:"errors,omitempty"` // objects for which its resolver failed
	// Ahead says that the field was resolved beside the field above it, because the keys of the objects were known.
	Ahead    bool `json:"ahead,omitempty"`
	Deferred bool `json:"deferred,omitempty"` // it came after the first answer
}

// place is what a field of the report is identified by.
type place struct {
	level           int
	object, path    string
	ahead, deferred bool
}

// resolved adds a column that is resolved.
func (r *Report) resolved(c *column) {
	level, path := c.located()
	at := place{level, c.node.object.Name, path, c.ahead(), c.frame.part != nil}
	failed := 0
	for _, err := range c.errs {
		if err != nil {
			failed++
		}
	}

	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fields == nil {
		r.fields = map[place]*Resolved{}
	}
	field := r.fields[at]
	if field == nil {
		field = &Resolved{Type: at.object, Field: c.node.field.Name, Path: path, Ahead: at.ahead, Deferred: at.deferred}
		r.fields[at] = field
	}
	field.Rows += c.frame.rows
	field.Errors += failed
}

// Levels returns what was resolved until now, the root fields first. The fields of a level are sorted by path.
func (r *Report) Levels() []Level {
	r.mu.Lock()
	defer r.mu.Unlock()
	places := make([]place, 0, len(r.fields))
	for at := range r.fields {
		places = append(places, at)
	}
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.level, b.level), strings.Compare(a.path, b.path), strings.Compare(a.object, b.object), order(a.ahead, b.ahead), order(a.deferred, b.deferred))
	})

	levels := []Level{}
	for i, at := range places {
		if i == 0 || at.level != places[i-1].level {
			levels = append(levels, Level{})
		}
		last := &levels[len(levels)-1]
		last.Fields = append(last.Fields, *r.fields[at])
	}
	return levels
}

func order(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

// located returns how many fields were resolved one after the other down to the column, and its path.
func (c *column) located() (level int, path string) {
	var keys []string
	for {
		keys = append(keys, c.node.alias)
		if c.node.field.read == nil && !c.ahead() {
			level++
		}
		if c.frame.origin == nil {
			break
		}
		c = c.frame.origin.column
	}
	slices.Reverse(keys)
	return level, strings.Join(keys, ".")
}

// ahead says whether the column's objects were known by their keys alone when it was resolved.
func (c *column) ahead() bool {
	if c.frame.origin == nil {
		return false
	}
	above := c.frame.origin.column
	return above.resolution != nil && slices.Contains(above.known, c.frame)
}
