package second

import (
	"errors"
	"math"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Key is what an object is made of.
type Key uint64

// String returns the key as it stands in ids.
func (k Key) String() string { return strconv.FormatUint(uint64(k), 36) }

// child returns the key of an object that hangs on this one.
func (k Key) child(field string, index int) Key {
	return Key(mix(uint64(k), field, uint64(index)) % (1 << 40)) //nolint:gosec // a key is any number
}

func mix(a uint64, text string, b uint64) uint64 {
	h := uint64(14695981039346656037)
	for i := range 8 {
		h = (h ^ (a >> (8 * i) & 0xff)) * 1099511628211
	}
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * 1099511628211
	}
	for i := range 8 {
		h = (h ^ (b >> (8 * i) & 0xff)) * 1099511628211
	}
	h ^= h >> 31
	h *= 0x9e3779b97f4a7c15
	return h ^ h>>29
}

// World is where the objects come from. Two worlds with the same seed and trouble are alike. Safe for concurrent use.
type World struct {
	Seed    uint64
	Trouble uint64 // percent of values that are null or fail
	Slow    uint64 // percent of resolvers that take a while
	Spawn   bool   // some resolvers start goroutines that use their context
	value   atomic.Int64
}

// fate is what becomes of one field of one object.
type fate int

const (
	fine fate = iota
	null
	fails
	located
	many
	panics
)

func (w *World) dice(k Key, field string) uint64 { return mix(uint64(k)^w.Seed*0x9e37, field, 7) }

func (w *World) fate(k Key, field string) fate {
	d := w.dice(k, field)
	if d%100 >= w.Trouble {
		return fine
	}
	return fate(1 + d/100%5)
}

// pause holds some resolvers up.
func (w *World) pause(k Key, field string) {
	if d := w.dice(k, field+"pause"); d%100 < w.Slow {
		time.Sleep(time.Duration(d/100%200) * time.Microsecond) //nolint:forbidigo // a slow source
	}
}

// failure returns the error of a fate; nil: none. Each is a new one: gqlgen writes into them.
func (f fate) failure(k Key, field string) error {
	text := field + " of " + k.String()
	switch f {
	case fails:
		return errors.New(text)
	case located:
		return &gqlerror.Error{Message: text, Path: ast.Path{ast.PathName("elsewhere"), ast.PathName(text)}, Extensions: map[string]any{"code": "X"}}
	case many:
		return gqlerror.List{{Message: text + " 1"}, {Message: text + " 2"}}
	case panics:
		panic(text)
	default:
		return nil
	}
}

// one resolves one field of one object.
func one[T any](w *World, k Key, field string, value func() T) (T, error) {
	w.pause(k, field)
	f := w.fate(k, field)
	if f != fine {
		var none T
		return none, f.failure(k, field)
	}
	return value(), nil
}

// each resolves one field of all objects of a level. Objects that gqlgen passes as nil have no value.
func each[P, T any](w *World, objs []*P, field string, key func(*P) Key, value func(*P) T) ([]T, error) {
	values, errs := make([]T, len(objs)), make([]error, len(objs))
	failed := false
	for i, obj := range objs {
		if obj == nil {
			continue
		}
		f := w.fate(key(obj), field)
		if f == panics {
			f = fails // a batch that panics has no result for the others
		}
		if f == fine {
			values[i] = value(obj)
		} else {
			errs[i] = f.failure(key(obj), field)
			failed = failed || errs[i] != nil
		}
	}
	if !failed {
		return values, nil
	}
	return values, graphql.BatchErrorList(errs)
}

func maybe[T any](w *World, k Key, field string, value T) *T {
	if w.fate(k, field) != fine {
		return nil
	}
	return &value
}

// some returns a list of up to three elements.
func some[T any](w *World, k Key, field string, elem func(Key) T) []T {
	if w.fate(k, field) == null {
		return nil
	}
	list := []T{}
	for i := range int(w.dice(k, field+"n") % 4) {
		list = append(list, elem(k.child(field, i)))
	}
	return list
}

func float(k Key) float64 {
	switch k % 7 {
	case 0:
		return 0
	case 1:
		return math.MaxFloat64 / float64(k%1000+1)
	default:
		return float64(int64(k%100000)-50000) / 16
	}
}

func text(k Key) string { return "t\"\\\n<é" + (k % 1000).String() }

func moment(k Key) time.Time {
	return time.Unix(int64(k%1e9), int64(k%1e9)).UTC()
}

var kinds = []Kind{KindWarm, KindCold, KindNone}

// NewPerson returns the person with a key.
func (w *World) NewPerson(k Key) *Person {
	p := &Person{w: w, Key: k, Name: "p" + (k % 1000).String(), Kind: kinds[k%3], Height: float(k), Alive: k%2 == 0, Born: moment(k + 1)}
	p.Nick = maybe(w, k, "nick", text(k))
	p.Level = maybe(w, k, "level", Level(k%3+1))
	p.Kinds = some(w, k, "kinds", func(k Key) *Kind { return maybe(w, k, "kind", kinds[k%3]) })
	p.Levels = some(w, k, "levels", func(k Key) Level { return Level(k%3 + 1) })
	p.Weight = maybe(w, k, "weight", float(k+2))
	if w.fate(k, "weight") == panics {
		p.Weight = new(math.NaN())
	}
	p.Maybe = maybe(w, k, "maybe", k%3 == 0)
	p.Died = maybe(w, k, "died", moment(k+2))
	if k%5 == 0 {
		p.Died = new(time.Time{})
	}
	p.Money = maybe(w, k, "money", Money{int(k % 1000)})
	p.Wage = Money{int(k % 77)}
	p.Extra = []any{nil, map[string]any{"a": []int{1}}, "text", 1.5}[k%4]
	p.Even = maybe(w, k, "even", int(k%9))
	w.lists(p)
	w.composites(p)
	return p
}

func (w *World) lists(p *Person) {
	k := p.Key
	p.Tags = some(w, k, "tags", func(k Key) *string { return maybe(w, k, "tag", text(k)) })
	p.Words = some(w, k, "words", text)
	p.Risky = some(w, k, "risky", func(k Key) *string { return maybe(w, k, "risk", text(k)) })
	p.Matrix = some(w, k, "matrix", func(k Key) []int { return some(w, k, "row", func(k Key) int { return int(k % 10) }) })
	p.Sparse = some(w, k, "sparse", func(k Key) []*int {
		return some(w, k, "sparserow", func(k Key) *int { return maybe(w, k, "cell", int(k%10)) })
	})
	p.Floats = some(w, k, "floats", func(k Key) *float64 { return maybe(w, k, "float", float(k)) })
	p.Times = some(w, k, "times", func(k Key) *time.Time { return maybe(w, k, "time", moment(k)) })
}

func (w *World) composites(p *Person) {
	k := p.Key
	p.Home = w.place(k, "home")
	p.Work = w.place(k, "work")
	p.Places = some(w, k, "places", func(k Key) *Place { return w.place(k, "one") })
	p.Sites = some(w, k, "sites", func(k Key) *Place { return w.place(k, "site") })
	if w.fate(k, "address") == fine {
		p.Address = new(w.newAddress(k.child("address", 0)))
	}
	p.Base = w.newAddress(k.child("base", 0))
	p.Addresses = some(w, k, "addresses", w.newAddress)
	p.Pet = w.leaf(k.child("pet", 0))
	p.Pets = some(w, k, "pets", w.leaf)
	p.Node, _ = w.leaf(k.child("node", 0)).(Node)
}

// leaf returns a thing that is no living person, for members of structs; nil and typed nils among them.
func (w *World) leaf(k Key) Thing {
	switch w.fate(k, "leaf") {
	case null:
		return nil
	case fails:
		return (*Person)(nil)
	case many:
		return (*Robot)(nil)
	case panics:
		return (*Place)(nil)
	default:
	}
	switch k % 4 {
	case 0:
		return w.NewRobot(k)
	case 1:
		return new(w.NewRobot(k))
	case 2:
		return *w.NewPlace(k)
	default:
		return w.NewPlace(k)
	}
}

// Thing returns any thing; nil and typed nils among them.
func (w *World) Thing(k Key) Thing {
	if k%3 == 0 && w.fate(k, "leaf") == fine {
		return w.NewPerson(k)
	}
	return w.leaf(k)
}

// Worker returns a person or a robot, or nil.
func (w *World) Worker(k Key) Worker {
	worker, _ := w.Thing(k).(Worker)
	return worker
}

func (w *World) place(k Key, field string) *Place {
	if w.fate(k, field) != fine {
		return nil
	}
	return w.NewPlace(k.child(field, 0))
}

// NewPlace returns the place with a key.
func (w *World) NewPlace(k Key) *Place {
	return &Place{w: w, Key: k, Town: maybe(w, k, "town", text(k)), Address: w.newAddress(k.child("address", 1)), Level: Level(k%3 + 1)}
}

func (w *World) newAddress(k Key) Address {
	return Address{w: w, Key: k, Street: text(k), Number: maybe(w, k, "number", int(k%100)), Lines: some(w, k, "lines", text)}
}

// NewRobot returns the robot with a key.
func (w *World) NewRobot(k Key) Robot {
	r := Robot{w: w, Key: k, Name: "r" + (k % 1000).String(), Serial: int(k % 1e6)}
	r.Parts = some(w, k, "parts", w.newPart)
	r.Spares = some(w, k, "spares", func(k Key) *Part { return maybe(w, k, "spare", w.newPart(k)) })
	return r
}

func (w *World) newPart(k Key) Part {
	return Part{w: w, Key: k, Weight: maybe(w, k, "weight", float(k))}
}
