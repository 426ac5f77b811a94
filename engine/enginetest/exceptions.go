package enginetest

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Exception is a difference in which gqlgen v0.17.95 is wrong, or says the same in other words.
type Exception struct {
	Name   string
	Reason string
	// explains says whether an error that only the engine has is explained, and which errors that only gqlgen has are
	// explained with it.
	explains func(want Answer, missing []string, extra string) (with []string, ok bool)
	// needless says whether an error that only gqlgen has is explained.
	needless func(want Answer, missing string) bool
}

// Elsewhere begins the paths that resolvers of tests give to errors of their own.
const Elsewhere = "elsewhere"

const (
	elementNull = "the requested element is null which the schema does not allow"
	valueNull   = "must not be null"
)

// Exceptions is all of them.
var Exceptions = []Exception{
	{
		Name: "index of a leaf in a list",
		Reason: "The path of an error leads to the field or list element that it is of (September 2025, 7.1.2). gqlgen gives " +
			"the path of the list, once for all elements of a list of scalars or enums.",
		explains: func(want Answer, missing []string, extra string) ([]string, bool) {
			path, message := parts(extra)
			if message != elementNull || !strings.HasSuffix(path, "]") {
				return nil, false
			}
			for strings.HasSuffix(path, "]") {
				path = path[:strings.LastIndex(path, "[")]
				short := path + ": " + elementNull
				if slices.Contains(missing, short) {
					return []string{short}, true
				}
				if slices.ContainsFunc(want.Errors, func(err string) bool { return strings.HasPrefix(err, path+": ") }) {
					return nil, true
				}
			}
			return nil, false
		},
	},
	{
		Name: "typed nil at a place that must not be null",
		Reason: "Null at a place whose type is non-null is a field error (September 2025, 6.4.4). gqlgen makes null of an " +
			"interface that holds a nil pointer, and propagates it, but reports no error.",
		explains: func(want Answer, _ []string, extra string) ([]string, bool) {
			path, message := parts(extra)
			if message != elementNull && message != valueNull {
				return nil, false
			}
			return nil, !slices.ContainsFunc(want.Errors, func(err string) bool { return strings.HasPrefix(err, path+": ") })
		},
	},
	{
		Name: "result of a batch resolver with a wrong length",
		Reason: "gqlgen's message names the index, and depends on whether the object stands in a list; the engine's names the " +
			"field and the numbers of all objects of the level, of which gqlgen knows those of one list.",
		explains: func(_ Answer, missing []string, extra string) ([]string, bool) {
			return samePath(missing, extra, ofBatch, ofBatch)
		},
	},
	{
		Name: "panic of a batch resolver",
		Reason: "The panic is reported for every row. In gqlgen one row, whichever comes first, has the panic, and the others an " +
			"\"unexpected result type\".",
		explains: func(_ Answer, missing []string, extra string) ([]string, bool) {
			return samePath(missing, extra, ofPanic, ofBatch)
		},
	},
	{
		Name: "error of writing a value in a part that is null",
		Reason: "Errors in a part that became null may be missing (September 2025, 6.4.4). gqlgen writes numbers when the answer " +
			"is complete, so it does not meet those that JSON cannot hold there.",
		explains: func(want Answer, _ []string, extra string) ([]string, bool) {
			path, message := parts(extra)
			return nil, strings.HasPrefix(message, "cannot marshal") && nulled(want.Data, path)
		},
	},
	{
		Name:   "path in an event of a subscription",
		Reason: "The path begins with the response key of the root field (September 2025, 7.1.2), which gqlgen leaves out in events.",
		explains: func(_ Answer, missing []string, extra string) ([]string, bool) {
			_, below, _ := strings.Cut(extra, ".")
			return []string{below}, slices.Contains(missing, below)
		},
	},
	{
		Name: "error with a path of its own at a place that must not be null",
		Reason: "One null makes one error (September 2025, 6.4.4). gqlgen looks for an error at the path of a batch field to " +
			"know that it has failed, and so reports a second one if the resolver's error has another path.",
		needless: func(want Answer, missing string) bool {
			_, message := parts(missing)
			return message == valueNull && slices.ContainsFunc(want.Errors, func(err string) bool { return strings.HasPrefix(err, Elsewhere) })
		},
	},
}

var (
	ofBatch = regexp.MustCompile(`batch resolver .*returned`)
	ofPanic = regexp.MustCompile(`^internal system error|^panic|^internal error`)
)

// nulled says whether a path leads into something that is null.
func nulled(data, path string) bool {
	var value any
	if json.Unmarshal([]byte(data), &value) != nil {
		return false
	}
	for _, name := range strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' }) {
		switch v := value.(type) {
		case nil:
			return true
		case map[string]any:
			value = v[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i >= len(v) {
				return false
			}
			value = v[i]
		}
	}
	return false
}

// samePath finds an error of gqlgen's at the path of one of the engine's.
func samePath(missing []string, extra string, engine, gqlgen *regexp.Regexp) ([]string, bool) {
	path, message := parts(extra)
	if !engine.MatchString(message) {
		return nil, false
	}
	for _, err := range missing {
		if at, text := parts(err); at == path && gqlgen.MatchString(text) {
			return []string{err}, true
		}
	}
	return nil, false
}

// parts splits an error into path and message.
func parts(err string) (path, message string) {
	path, message, _ = strings.Cut(err, ": ")
	return path, message
}

// except returns the differences that no exception explains.
func (p *Pair) except(want Answer, missing, extra []string) (stillMissing, stillExtra []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.Excepted == nil {
		p.Excepted = map[string]int{}
	}
	for _, err := range extra {
		explained := false
		for _, e := range Exceptions {
			if e.explains == nil {
				continue
			}
			with, ok := e.explains(want, missing, err)
			if !ok {
				continue
			}
			p.Excepted[e.Name]++
			missing = without(missing, with)
			explained = true
			break
		}
		if !explained {
			stillExtra = append(stillExtra, err)
		}
	}
	for _, err := range missing {
		i := slices.IndexFunc(Exceptions, func(e Exception) bool { return e.needless != nil && e.needless(want, err) })
		if i < 0 {
			stillMissing = append(stillMissing, err)
			continue
		}
		p.Excepted[Exceptions[i].Name]++
	}
	return stillMissing, stillExtra
}
