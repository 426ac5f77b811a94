package main

import (
	"slices"

	postv1 "bff/internal/gen/post/v1"
	userv1 "bff/internal/gen/user/v1"
)

// What the page of ten components is about.
const (
	viewerID, friendID, strangerID, guestID = 101, 102, 103, 104

	articleID   = 42
	latestRows  = 10
	profileRows = 5
)

// needs says what a component shows, as bits.
type needs uint8

const (
	needUsers needs = 1 << iota
	needCounts
	needPages
	needLatest
	needArticle
	needAuthors // of the latest posts and of the article
)

// component is one of the ten parts of the page: what it selects, what it needs and how it is written.
type component struct {
	field, rest string // "user" and what follows it
	needs       needs
	users       []int64 // whose rows it shows
	counts      []int64 // whose number of posts
	pages       []int64 // whose posts
	show        func(p *page, out []byte) []byte
}

// page is what was fetched for components.
type page struct {
	users    map[int64]*userv1.User
	counts   map[int64]int64
	byAuthor map[int64][]*postv1.Post
	latest   []*postv1.Post
	article  *postv1.Post
	authors  map[int64]*userv1.User // who is not among the users
}

// components are the ten, in the order of the page. Several want the same rows, as on real pages.
func components() []component {
	return []component{
		{field: "user", rest: "(id: 101) { username avatarUrl }", needs: needUsers, users: []int64{viewerID}, show: card(viewerID)},
		{
			field: "user", rest: "(id: 101) { username avatarUrl phone postCount }", needs: needUsers | needCounts,
			users: []int64{viewerID}, counts: []int64{viewerID}, show: profile,
		},
		{
			field: "posts", rest: "(first: 10) { nodes { title author { username avatarUrl } } }", needs: needUsers | needLatest | needAuthors,
			show: feed,
		},
		{
			field: "user", rest: "(id: 101) { username posts(first: 5) { nodes { title } } }", needs: needUsers | needPages,
			users: []int64{viewerID}, pages: []int64{viewerID}, show: ownPosts,
		},
		{
			field: "user", rest: "(id: 102) { username avatarUrl postCount }", needs: needUsers | needCounts,
			users: []int64{friendID}, counts: []int64{friendID}, show: friend,
		},
		{
			field: "user", rest: "(id: 102) { posts(first: 5) { nodes { title } } }", needs: needUsers | needPages,
			users: []int64{friendID}, pages: []int64{friendID}, show: friendsPosts,
		},
		{field: "user", rest: "(id: 103) { username avatarUrl }", needs: needUsers, users: []int64{strangerID}, show: card(strangerID)},
		{field: "user", rest: "(id: 104) { username phone }", needs: needUsers, users: []int64{guestID}, show: guest},
		{field: "post", rest: "(id: 42) { title body author { username } }", needs: needUsers | needArticle | needAuthors, show: article},
		{
			field: "user", rest: "(id: 103) { username postCount }", needs: needUsers | needCounts,
			users: []int64{strangerID}, counts: []int64{strangerID}, show: counted,
		},
	}
}

// union unites what components need, each key once.
func union(parts ...component) component {
	var all component
	for _, part := range parts {
		all.needs |= part.needs
		all.users = append(all.users, part.users...)
		all.counts = append(all.counts, part.counts...)
		all.pages = append(all.pages, part.pages...)
	}
	for _, ids := range []*[]int64{&all.users, &all.counts, &all.pages} {
		slices.Sort(*ids)
		*ids = slices.Compact(*ids)
	}
	return all
}

// step is a call of the page, and what is there after it.
type step struct {
	brings needs
	work   work
}

// first returns the calls that need nothing but the query. What a cache answered has no work.
func (p *page) first(c *call, of component) []step {
	p.users = make(map[int64]*userv1.User, len(of.users))
	steps := []step{{needUsers, c.usersByID(of.users, p.users)}}
	if of.needs&needCounts != 0 {
		p.counts = make(map[int64]int64, len(of.counts))
		steps = append(steps, step{needCounts, c.countsByID(of.counts, p.counts)})
	}
	if of.needs&needPages != 0 {
		p.byAuthor = make(map[int64][]*postv1.Post, len(of.pages))
		steps = append(steps, step{needPages, c.postsByAuthor(of.pages, profileRows, p.byAuthor)})
	}
	if of.needs&needLatest != 0 {
		steps = append(steps, step{needLatest, c.latestPosts(latestRows, &p.latest)})
	}
	if of.needs&needArticle != 0 {
		steps = append(steps, step{needArticle, c.post(articleID, &p.article)})
	}
	return steps
}

// second returns the call for the authors of the posts that the first calls brought.
func (p *page) second(c *call, of component) step {
	posts := p.latest
	if p.article != nil {
		posts = append(slices.Clip(posts), p.article)
	}
	ids := slices.DeleteFunc(authorsOf(posts), func(id int64) bool { return slices.Contains(of.users, id) })
	p.authors = make(map[int64]*userv1.User, len(ids))
	return step{needAuthors, c.usersByID(ids, p.authors)}
}

// load fetches what components need, in one or two levels.
func (p *page) load(c *call, of component) error {
	var calls []work
	for _, s := range p.first(c, of) {
		calls = append(calls, s.work)
	}
	if err := together(calls...); err != nil || of.needs&needAuthors == 0 {
		return err
	}
	return together(p.second(c, of).work)
}

// landed is the end of a call.
type landed struct {
	brings needs
	err    error
}

// loadInSteps is load that calls tell after each call, with all that is there. For calls that land at the same time it is
// called once.
func (p *page) loadInSteps(c *call, of component, tell func(there needs)) error {
	var there needs
	ends := make(chan landed, 8) // room for all calls: nobody waits to leave
	flying := 0
	start := func(s step) {
		if s.work == nil {
			there |= s.brings
			return
		}
		flying++
		go func() { ends <- landed{s.brings, s.work()} }()
	}
	for _, s := range p.first(c, of) {
		start(s)
	}

	const posts = needLatest | needArticle
	asked := of.needs&needAuthors == 0
	for {
		if !asked && there&posts == of.needs&posts {
			asked = true
			start(p.second(c, of))
		}
		if flying == 0 {
			tell(there)
			return nil
		}
		tell(there)
		end := <-ends
		for more := true; more; {
			flying--
			if end.err != nil {
				return end.err
			}
			there |= end.brings
			select {
			case end = <-ends:
			default:
				more = false
			}
		}
	}
}

// author is whoever has this id; nil if the service has nobody.
func (p *page) author(id int64) *userv1.User {
	if user := p.users[id]; user != nil {
		return user
	}
	return p.authors[id]
}

// opened begins a user's object with the username.
func opened(out []byte, user *userv1.User) []byte {
	return appendText(append(out, `{"username":`...), user.GetUsername())
}

// ofUser is the writer of a component about one user.
func ofUser(id int64, write func(p *page, user *userv1.User, out []byte) []byte) func(*page, []byte) []byte {
	return func(p *page, out []byte) []byte {
		user := p.users[id]
		if user == nil {
			return append(out, "null"...)
		}
		return append(write(p, user, out), '}')
	}
}

func appendCard(_ *page, user *userv1.User, out []byte) []byte {
	return appendAvatar(append(opened(out, user), `,"avatarUrl":`...), user.GetAvatar())
}

func card(id int64) func(*page, []byte) []byte { return ofUser(id, appendCard) }

func profile(p *page, out []byte) []byte {
	return ofUser(viewerID, func(p *page, user *userv1.User, out []byte) []byte {
		out = appendPhone(append(appendCard(p, user, out), `,"phone":`...), user.GetPhone())
		return appendCount(append(out, `,"postCount":`...), p.counts[user.GetId()])
	})(p, out)
}

func friend(p *page, out []byte) []byte {
	return ofUser(friendID, func(p *page, user *userv1.User, out []byte) []byte {
		return appendCount(append(appendCard(p, user, out), `,"postCount":`...), p.counts[user.GetId()])
	})(p, out)
}

func ownPosts(p *page, out []byte) []byte {
	return ofUser(viewerID, func(p *page, user *userv1.User, out []byte) []byte {
		return appendTitles(append(opened(out, user), `,"posts":`...), p.byAuthor[user.GetId()])
	})(p, out)
}

func friendsPosts(p *page, out []byte) []byte {
	return ofUser(friendID, func(p *page, user *userv1.User, out []byte) []byte {
		return appendTitles(append(out, `{"posts":`...), p.byAuthor[user.GetId()])
	})(p, out)
}

func guest(p *page, out []byte) []byte {
	return ofUser(guestID, func(_ *page, user *userv1.User, out []byte) []byte {
		return appendPhone(append(opened(out, user), `,"phone":`...), user.GetPhone())
	})(p, out)
}

func counted(p *page, out []byte) []byte {
	return ofUser(strangerID, func(p *page, user *userv1.User, out []byte) []byte {
		return appendCount(append(opened(out, user), `,"postCount":`...), p.counts[user.GetId()])
	})(p, out)
}

func feed(p *page, out []byte) []byte {
	out = append(out, `{"nodes":[`...)
	for i, post := range p.latest {
		out = appendText(append(separate(out, i), `{"title":`...), post.GetTitle())
		out = append(out, `,"author":`...)
		if author := p.author(post.GetAuthorId()); author != nil {
			out = append(appendCard(p, author, out), `}}`...)
			continue
		}
		out = append(out, `null}`...)
	}
	return append(out, `]}`...)
}

func article(p *page, out []byte) []byte {
	if p.article == nil {
		return append(out, "null"...)
	}
	out = appendText(append(out, `{"title":`...), p.article.GetTitle())
	out = appendText(append(out, `,"body":`...), p.article.GetBody())
	out = appendName(append(out, `,"author":`...), p.author(p.article.GetAuthorId()))
	return append(out, '}')
}
