package second

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

type (
	addressResolver      struct{ *World }
	mutationResolver     struct{ *World }
	partResolver         struct{ *World }
	personResolver       struct{ *World }
	placeResolver        struct{ *World }
	queryResolver        struct{ *World }
	robotResolver        struct{ *World }
	stateResolver        struct{ *World }
	subscriptionResolver struct{ *World }
)

// Address implements ResolverRoot, as the methods below do.
func (w *World) Address() AddressResolver { return addressResolver{w} }

// Mutation returns the resolvers of the type of the same name.
func (w *World) Mutation() MutationResolver { return mutationResolver{w} }

// Part returns the resolvers of the type of the same name.
func (w *World) Part() PartResolver { return partResolver{w} }

// Person returns the resolvers of the type of the same name.
func (w *World) Person() PersonResolver { return personResolver{w} }

// Place returns the resolvers of the type of the same name.
func (w *World) Place() PlaceResolver { return placeResolver{w} }

// Query returns the resolvers of the type of the same name.
func (w *World) Query() QueryResolver { return queryResolver{w} }

// Robot returns the resolvers of the type of the same name.
func (w *World) Robot() RobotResolver { return robotResolver{w} }

// State returns the resolvers of the type of the same name.
func (w *World) State() StateResolver { return stateResolver{w} }

// Subscription returns the resolvers of the type of the same name.
func (w *World) Subscription() SubscriptionResolver { return subscriptionResolver{w} }

func personKey(p *Person) Key { return p.Key }
func robotKey(r *Robot) Key   { return r.Key }

// personOf returns what makes the person that hangs on a key under a field.
func (w *World) personOf(k Key, field string) func() *Person {
	return func() *Person { return w.NewPerson(k.child(field, 0)) }
}

// peopleOf returns people that hang on a key, some of them nil.
func (w *World) peopleOf(k Key, field string, count int) []*Person {
	people := make([]*Person, max(0, min(count, 4)))
	for i := range people {
		if child := k.child(field, i); w.fate(child, "absent") != null {
			people[i] = w.NewPerson(child)
		}
	}
	return people
}

// teamsOf returns lists of people that hang on a key, some of them nil.
func (w *World) teamsOf(k Key, field string, rows int) [][]*Person {
	teams := make([][]*Person, max(0, min(rows, 3)))
	for i := range teams {
		if child := k.child(field, i+10); w.fate(child, "noteam") != null {
			teams[i] = w.peopleOf(child, "team", int(child%3))
		}
	}
	return teams
}

func (w *World) thingsOf(k Key, field string, count int) []Thing {
	things := make([]Thing, max(0, min(count, 4)))
	for i := range things {
		things[i] = w.Thing(k.child(field, i))
	}
	return things
}

func (r addressResolver) Place(_ context.Context, a *Address) (*Place, error) {
	return one(r.World, a.Key, "place", func() *Place { return r.NewPlace(a.Key.child("place", 0)) })
}

func (r partResolver) Robot(_ context.Context, p *Part) (*Robot, error) {
	return one(r.World, p.Key, "robot", func() *Robot { return new(r.NewRobot(p.Key.child("robot", 0))) })
}

func (r partResolver) Sub(_ context.Context, p *Part) ([]*Part, error) {
	return one(r.World, p.Key, "sub", func() []*Part {
		return some(r.World, p.Key, "sub", func(k Key) *Part { return maybe(r.World, k, "spare", r.newPart(k)) })
	})
}

func (r partResolver) Owner(_ context.Context, parts []*Part) ([]*Person, error) {
	return each(r.World, parts, "owner", func(p *Part) Key { return p.Key }, func(p *Part) *Person { return r.personOf(p.Key, "owner")() })
}

func (r partResolver) Price(_ context.Context, parts []*Part) ([]*int, error) {
	return each(r.World, parts, "price", func(p *Part) Key { return p.Key }, func(p *Part) *int { return new(int(p.Key % 50)) })
}

func (r personResolver) Alias(ctx context.Context, p *Person, of *string) (*string, error) {
	return r.alias(ctx, p.Key, of)
}

// alias tells errors beside its value for some keys.
func (w *World) alias(ctx context.Context, k Key, of *string) (*string, error) {
	if w.fate(k, "added") == many {
		graphql.AddError(ctx, errors.New("added by "+k.String()))
	}
	if w.Spawn {
		spawn(ctx)
	}
	return one(w, k, "alias", func() *string {
		if of == nil {
			return nil
		}
		return new(*of + k.String())
	})
}

// spawn looks at the field from several goroutines at the same time.
func spawn(ctx context.Context) {
	var running sync.WaitGroup
	for range 3 {
		running.Go(func() {
			if path := graphql.GetPath(ctx); path[len(path)-1] != ast.PathName(graphql.GetFieldContext(ctx).Field.Alias) {
				panic("the path is not that of the field")
			}
		})
	}
	running.Wait()
}

func (r personResolver) Friend(_ context.Context, p *Person) (Named, error) {
	return r.friend(p.Key)
}

func (w *World) friend(k Key) (Named, error) {
	return one(w, k, "friend", func() Named { return w.Worker(k.child("friend", 0)) })
}

func (r personResolver) Boss(_ context.Context, p *Person) (Worker, error) { return r.boss(p.Key) }

func (w *World) boss(k Key) (Worker, error) {
	return one(w, k, "boss", func() Worker {
		if k%2 == 0 {
			return w.NewPerson(k.child("boss", 0))
		}
		return w.NewRobot(k.child("boss", 0))
	})
}

func (r personResolver) text(p *Person, field string) (*string, error) {
	return one(r.World, p.Key, field, func() *string { return new(field + text(p.Key)) })
}

func (r personResolver) Bio(ctx context.Context, p *Person) (*string, error) {
	if r.fate(p.Key, "bio") == null {
		graphql.AddError(ctx, &gqlerror.Error{Message: "no bio of " + p.Key.String()})
	}
	return r.text(p, "bio")
}

func (r personResolver) Motto(_ context.Context, p *Person) (string, error) {
	return one(r.World, p.Key, "motto", func() string { return text(p.Key) })
}

func (r personResolver) Secret(_ context.Context, p *Person) (*string, error) {
	return r.text(p, "secret")
}

func (r personResolver) Gone(_ context.Context, p *Person) (*string, error) {
	return r.text(p, "gone")
}

func (r personResolver) Must(_ context.Context, p *Person) (string, error) {
	return one(r.World, p.Key, "must", func() string { return text(p.Key) })
}

func (r personResolver) Mentor(_ context.Context, p *Person) (*Person, error) {
	return one(r.World, p.Key, "mentor", r.personOf(p.Key, "mentor"))
}

func (r personResolver) Parent(_ context.Context, p *Person) (*Person, error) {
	return one(r.World, p.Key, "parent", r.personOf(p.Key, "parent"))
}

func (r personResolver) Children(_ context.Context, p *Person, count *int) ([]*Person, error) {
	if count == nil {
		return nil, nil
	}
	return one(r.World, p.Key, "children", func() []*Person { return r.peopleOf(p.Key, "children", *count) })
}

func (r personResolver) Heirs(_ context.Context, p *Person) ([]*Person, error) {
	return one(r.World, p.Key, "heirs", func() []*Person { return r.peopleOf(p.Key, "heirs", 2) })
}

func (r personResolver) Clan(_ context.Context, p *Person) ([][]*Person, error) {
	return one(r.World, p.Key, "clan", func() [][]*Person { return r.teamsOf(p.Key, "clan", 2) })
}

func (r personResolver) Halves(_ context.Context, p *Person) ([][]*Person, error) {
	return one(r.World, p.Key, "halves", func() [][]*Person { return r.teamsOf(p.Key, "halves", 3) })
}

func (r personResolver) Score(_ context.Context, people []*Person) ([]*int, error) {
	return each(r.World, people, "score", personKey, func(p *Person) *int { return new(int(p.Key % 1000)) })
}

func (r personResolver) Rank(_ context.Context, people []*Person) ([]int, error) {
	return each(r.World, people, "rank", personKey, func(p *Person) int { return int(p.Key % 77) })
}

func (r personResolver) Grade(_ context.Context, people []*Person) ([]*int, error) {
	return each(r.World, people, "grade", personKey, func(p *Person) *int { return new(int(p.Key % 9)) })
}

func (r personResolver) Broken(_ context.Context, people []*Person, how How) ([]*int, error) {
	return broken(people, how, func(p *Person) *int { return new(int(p.Key % 9)) })
}

func (r personResolver) Shattered(_ context.Context, people []*Person, how How) ([]int, error) {
	return broken(people, how, func(p *Person) int { return int(p.Key % 9) })
}

// broken fails as a batch resolver must not.
func broken[T any](people []*Person, how How, value func(*Person) T) ([]T, error) {
	values, errs := make([]T, len(people)), make([]error, len(people))
	for i, p := range people {
		if p == nil {
			continue
		}
		values[i] = value(p)
		if p.Key%2 == 0 {
			errs[i] = errors.New("row " + p.Key.String())
		}
	}
	switch how {
	case HowPlain:
		return nil, errors.New("plain")
	case HowPerRow:
		return values, graphql.BatchErrorList(errs)
	case HowTooFew:
		return values[1:], nil
	case HowTooMany:
		return append(values, values...), nil
	case HowTooFewErrors:
		return values, graphql.BatchErrorList(errs[1:])
	case HowPanic:
		panic("broken")
	case HowList:
		return values, gqlerror.List{{Message: "first"}, {Message: "second"}}
	case HowNothing:
		return nil, nil
	default:
		return values, nil
	}
}

func (r personResolver) Partner(_ context.Context, people []*Person) ([]*Person, error) {
	return each(r.World, people, "partner", personKey, func(p *Person) *Person { return r.personOf(p.Key, "partner")() })
}

func (r personResolver) Twin(_ context.Context, people []*Person) ([]*Person, error) {
	return each(r.World, people, "twin", personKey, func(p *Person) *Person { return r.personOf(p.Key, "twin")() })
}

func (r personResolver) Team(_ context.Context, people []*Person, count int) ([][]*Person, error) {
	return each(r.World, people, "team", personKey, func(p *Person) []*Person { return r.peopleOf(p.Key, "team", count) })
}

func (r personResolver) Crew(_ context.Context, people []*Person) ([][]*Person, error) {
	return each(r.World, people, "crew", personKey, func(p *Person) []*Person { return r.peopleOf(p.Key, "crew", 2) })
}

func (r personResolver) Squad(_ context.Context, people []*Person) ([][][]Thing, error) {
	return each(r.World, people, "squad", personKey, func(p *Person) [][]Thing {
		return [][]Thing{r.thingsOf(p.Key, "s0", 2), nil, r.thingsOf(p.Key, "s1", 1)}
	})
}

func (r personResolver) Idol(_ context.Context, people []*Person) ([]Thing, error) {
	return each(r.World, people, "idol", personKey, func(p *Person) Thing { return r.Thing(p.Key.child("idol", 0)) })
}

func (r personResolver) Rival(_ context.Context, people []*Person) ([]Thing, error) {
	return each(r.World, people, "rival", personKey, func(p *Person) Thing { return r.Thing(p.Key.child("rival", 0)) })
}

func (r personResolver) Closed(_ context.Context, people []*Person) ([]*string, error) {
	return each(r.World, people, "closed", personKey, func(p *Person) *string { return new(text(p.Key)) })
}

func (r personResolver) Sealed(_ context.Context, people []*Person) ([]int, error) {
	return each(r.World, people, "sealed", personKey, func(p *Person) int { return int(p.Key % 9) })
}

func (r personResolver) Masked(_ context.Context, people []*Person) ([]*string, error) {
	return each(r.World, people, "masked", personKey, func(p *Person) *string { return new(text(p.Key)) })
}

func (r placeResolver) Owner(_ context.Context, p *Place) (*Person, error) {
	return one(r.World, p.Key, "owner", r.personOf(p.Key, "owner"))
}

func (r placeResolver) Guests(_ context.Context, p *Place) ([]Named, error) {
	return one(r.World, p.Key, "guests", func() []Named {
		return some(r.World, p.Key, "guests", func(k Key) Named { return r.Worker(k) })
	})
}

func (r placeResolver) Visits(_ context.Context, places []*Place) ([]*int, error) {
	return each(r.World, places, "visits", func(p *Place) Key { return p.Key }, func(p *Place) *int { return new(int(p.Key % 50)) })
}

func (r robotResolver) Alias(ctx context.Context, o *Robot, of *string) (*string, error) {
	return r.alias(ctx, o.Key, of)
}

func (r robotResolver) Friend(_ context.Context, o *Robot) (Named, error) { return r.friend(o.Key) }

func (r robotResolver) Boss(_ context.Context, o *Robot) (Worker, error) { return r.boss(o.Key) }

func (r robotResolver) Maker(_ context.Context, o *Robot) (*Person, error) {
	return one(r.World, o.Key, "maker", r.personOf(o.Key, "maker"))
}

func (r robotResolver) Power(_ context.Context, robots []*Robot) ([]*int, error) {
	return each(r.World, robots, "power", robotKey, func(o *Robot) *int { return new(int(o.Key % 50)) })
}

func (r robotResolver) Charge(_ context.Context, robots []*Robot, by int) ([]int, error) {
	return each(r.World, robots, "charge", robotKey, func(o *Robot) int { return int(o.Key%50) * by })
}

// parse reads an id.
func parse(id string) (kind byte, k Key, err error) {
	if len(id) < 2 {
		return 0, 0, fmt.Errorf("%q is no id", id)
	}
	n, err := strconv.ParseUint(id[1:], 36, 64)
	return id[0], Key(n), err
}

func (r queryResolver) Node(_ context.Context, id string) (Node, error) {
	kind, k, err := parse(id)
	if err != nil {
		return nil, err
	}
	return one(r.World, k, "node", func() Node {
		switch kind {
		case 'P':
			return r.NewPerson(k)
		case 'R':
			return r.NewRobot(k)
		case 'L':
			return r.NewPlace(k)
		default:
			return nil
		}
	})
}

func (r queryResolver) Nodes(ctx context.Context, ids []string) ([]Node, error) {
	nodes := make([]Node, len(ids))
	for i, id := range ids {
		kind, k, err := parse(id)
		switch {
		case err != nil || r.fate(k, "nodes") == fails:
			graphql.AddError(graphql.WithPathContext(ctx, graphql.NewPathWithIndex(i)), errors.New("no node "+id))
		case kind == 'P':
			nodes[i] = r.NewPerson(k)
		case kind == 'R':
			nodes[i] = new(r.NewRobot(k))
		case kind == 'L':
			nodes[i] = *r.NewPlace(k)
		}
	}
	return nodes, nil
}

func (r queryResolver) Person(_ context.Context, id string) (*Person, error) {
	_, k, err := parse(id)
	if err != nil {
		return nil, err
	}
	return one(r.World, k, "person", func() *Person { return r.NewPerson(k) })
}

func (r queryResolver) Someone(ctx context.Context, id string) (*Person, error) {
	return r.Person(ctx, id)
}

func (r queryResolver) Robot(_ context.Context, id string) (*Robot, error) {
	_, k, err := parse(id)
	if err != nil {
		return nil, &gqlerror.Error{Message: "bad id", Extensions: map[string]any{"code": "BAD"}}
	}
	return one(r.World, k, "robot", func() *Robot { return new(r.NewRobot(k)) })
}

func (r queryResolver) Machine(context.Context) (*Robot, error) {
	return one(r.World, 5, "machine", func() *Robot { return new(r.NewRobot(5)) })
}

func (r queryResolver) Place(_ context.Context, id string) (*Place, error) {
	_, k, err := parse(id)
	if err != nil {
		return nil, gqlerror.List{{Message: "bad id"}, {Message: "very bad"}}
	}
	return one(r.World, k, "place", func() *Place { return r.NewPlace(k) })
}

func (r queryResolver) Things(_ context.Context, count int) ([]Thing, error) {
	return one(r.World, 11, "things", func() []Thing { return r.thingsOf(11, "things", count) })
}

func (r queryResolver) Strict(_ context.Context, count *int) ([]Thing, error) {
	if count == nil {
		return nil, nil
	}
	return one(r.World, 12, "strict", func() []Thing { return r.thingsOf(12, "strict", *count) })
}

func (r queryResolver) People(_ context.Context, count int, after *string) ([]*Person, error) {
	from := Key(13)
	if after != nil {
		_, k, err := parse(*after)
		if err != nil {
			return nil, err
		}
		from = k
	}
	return one(r.World, from, "people", func() []*Person { return r.peopleOf(from, "people", count) })
}

func (r queryResolver) Crowd(_ context.Context, count int) ([]*Person, error) {
	return one(r.World, 14, "crowd", func() []*Person { return r.peopleOf(14, "crowd", count) })
}

func (r queryResolver) Grid(_ context.Context, rows *int) ([][]*Person, error) {
	if rows == nil {
		return nil, nil
	}
	return one(r.World, 15, "grid", func() [][]*Person { return r.teamsOf(15, "grid", *rows) })
}

func (r queryResolver) Holes(context.Context) ([][]*Person, error) {
	return one(r.World, 16, "holes", func() [][]*Person { return r.teamsOf(16, "holes", 3) })
}

func (r queryResolver) Workers(context.Context) ([]Worker, error) {
	return one(r.World, 17, "workers", func() []Worker {
		return []Worker{r.Worker(171), r.Worker(172), nil, r.Worker(173), r.NewPerson(174), r.NewRobot(175)}
	})
}

func (r queryResolver) Echo(_ context.Context, filter *Filter, list [][]int, kind *Kind, level *Level, limit int) (*string, error) {
	said := fmt.Sprint(show(filter), list, limit)
	if kind != nil {
		said += string(*kind)
	}
	if level != nil {
		said += strconv.Itoa(int(*level))
	}
	return &said, nil
}

// show prints a filter without addresses.
func show(f *Filter) string {
	if f == nil {
		return "-"
	}
	said := ""
	for _, ranges := range f.Ranges {
		for _, r := range ranges {
			said += fmt.Sprint(r.From, ":")
			if r.To != nil {
				said += strconv.Itoa(*r.To)
			}
		}
		said += ";"
	}
	for _, name := range f.Names {
		if name != nil {
			said += *name
		}
		said += ","
	}
	if f.Kind != nil {
		said += string(*f.Kind)
	}
	if f.Even != nil {
		said += strconv.Itoa(*f.Even)
	}
	return said + "(" + show(f.Not) + ")"
}

func (r queryResolver) Even(_ context.Context, n int) (*int, error) { return &n, nil }

func (r queryResolver) Secret(context.Context) (*string, error) { return new("secret"), nil }

func (r queryResolver) Gone(context.Context) (*Person, error) { return r.NewPerson(18), nil }

func (r queryResolver) Calls(context.Context) (*int, error) { return nil, nil } //nolint:nilnil // null is what it is for

func (r mutationResolver) Set(_ context.Context, to int) (*State, error) {
	r.value.Store(int64(to))
	if to < 0 {
		return nil, errors.New("below zero")
	}
	return &State{to}, nil
}

func (r mutationResolver) Add(_ context.Context, by int) (*State, error) {
	return &State{int(r.value.Add(int64(by)))}, nil
}

func (r mutationResolver) Fail(context.Context) (*State, error) { return nil, errors.New("failed") }

func (r stateResolver) Now(context.Context, *State) (*int, error) {
	return new(int(r.value.Load())), nil
}

func (r stateResolver) Later(_ context.Context, states []*State) ([]*int, error) {
	values := make([]*int, len(states))
	for i := range states {
		values[i] = new(int(r.value.Load()))
	}
	return values, nil
}

func (r stateResolver) Person(_ context.Context, s *State) (*Person, error) {
	return r.NewPerson(Key(s.Value)), nil //nolint:gosec // a key is any number
}

func (r subscriptionResolver) Ticks(_ context.Context, count int) (<-chan int, error) {
	ticks := make(chan int, max(count, 0))
	for i := range count {
		ticks <- i
	}
	close(ticks)
	return ticks, nil
}

func (r subscriptionResolver) Arrivals(_ context.Context, count int) (<-chan *Person, error) {
	people := make(chan *Person, 4)
	for _, p := range r.peopleOf(19, "arrivals", count) {
		people <- p
	}
	close(people)
	return people, nil
}

func (r subscriptionResolver) Refused(context.Context) (<-chan *int, error) {
	return make(chan *int), nil
}

func (r subscriptionResolver) Broken(context.Context) (<-chan int, error) {
	return nil, errors.New("broken")
}

// Config returns the schema over a world, with its directives.
func (w *World) Config() Config {
	return Config{Resolvers: w, Directives: DirectiveRoot{Refuse: w.refuse, Shout: shout, Vanish: vanish, Max: limit, Twice: twice}}
}

func (w *World) refuse(ctx context.Context, obj any, next graphql.Resolver, percent int) (any, error) {
	key := Key(0)
	if p, is := obj.(*Person); is {
		key = p.Key
	}
	if int(w.dice(key, "refuse")%100) < percent {
		return nil, errors.New("refused")
	}
	return next(ctx)
}

func shout(ctx context.Context, _ any, next graphql.Resolver, suffix string) (any, error) {
	value, err := next(ctx)
	if err != nil {
		return nil, err
	}
	switch text := value.(type) {
	case string:
		return text + suffix, nil
	case *string:
		if text == nil {
			return text, nil
		}
		return new(*text + suffix), nil
	}
	return value, nil
}

func vanish(ctx context.Context, _ any, next graphql.Resolver) (any, error) {
	_, err := next(ctx)
	return nil, err
}

func twice(ctx context.Context, _ any, next graphql.Resolver) (any, error) {
	if _, err := next(ctx); err != nil {
		return nil, err
	}
	return next(ctx)
}

func limit(ctx context.Context, _ any, next graphql.Resolver, of int) (any, error) {
	value, err := next(ctx)
	if err != nil {
		return nil, err
	}
	switch n := value.(type) {
	case int:
		if n > of {
			return nil, fmt.Errorf("%d is more than %d", n, of)
		}
	case *int:
		if n != nil && *n > of {
			return nil, fmt.Errorf("%d is more than %d", *n, of)
		}
	}
	return value, nil
}
