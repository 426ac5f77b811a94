package main

import (
	"strconv"

	postv1 "bff/internal/gen/post/v1"
	userv1 "bff/internal/gen/user/v1"
)

// answer appends the data of one query. id is the query's variable, 0 if it has none.
type answer func(c *call, id int64, out []byte) ([]byte, error)

func typename(_ *call, _ int64, out []byte) ([]byte, error) {
	return append(out, `{"__typename":"Query"}`...), nil
}

// titles answers { posts(first: n) { edges { node { title } } } } by one call.
func titles(n int32) answer {
	return func(c *call, _ int64, out []byte) ([]byte, error) {
		var posts []*postv1.Post
		if err := together(c.latestPosts(n, &posts)); err != nil {
			return out, err
		}
		out = append(out, `{"posts":{"edges":[`...)
		for i, post := range posts {
			out = append(separate(out, i), `{"node":{"title":`...)
			out = append(appendText(out, post.GetTitle()), `}}`...)
		}
		return append(out, `]}}`...), nil
	}
}

// postsWithAuthors answers { posts(first: n) { edges { node { title author { username } } } } } by two calls, one after
// the other.
func postsWithAuthors(n int32) answer {
	return func(c *call, _ int64, out []byte) ([]byte, error) {
		var posts []*postv1.Post
		if err := together(c.latestPosts(n, &posts)); err != nil {
			return out, err
		}
		ids := authorsOf(posts)
		authors := make(map[int64]*userv1.User, len(ids))
		if err := together(c.usersByID(ids, authors)); err != nil {
			return out, err
		}
		out = append(out, `{"posts":{"edges":[`...)
		for i, post := range posts {
			out = append(separate(out, i), `{"node":{"title":`...)
			out = append(appendText(out, post.GetTitle()), `,"author":`...)
			out = append(appendName(out, authors[post.GetAuthorId()]), `}}`...)
		}
		return append(out, `]}}`...), nil
	}
}

// userPage answers { user(id: …) { username avatarUrl postCount posts(first: 10) { nodes { title } } } } by three calls
// at the same time. constant is the id that the query has, 0 if it has a variable.
func userPage(constant int64) answer {
	return func(c *call, id int64, out []byte) ([]byte, error) {
		if constant != 0 {
			id = constant
		}
		var (
			user  *userv1.User
			count int64
			posts []*postv1.Post
		)
		if err := together(c.user(id, &user), c.count(id, &count), c.postsOf(id, 10, &posts)); err != nil {
			return out, err
		}
		if user == nil {
			return append(out, `{"user":null}`...), nil
		}
		out = appendText(append(out, `{"user":{"username":`...), user.GetUsername())
		out = appendAvatar(append(out, `,"avatarUrl":`...), user.GetAvatar())
		out = appendCount(append(out, `,"postCount":`...), count)
		out = appendTitles(append(out, `,"posts":`...), posts)
		return append(out, `}}`...), nil
	}
}

// appendTitles appends a connection of which { nodes { title } } is selected.
func appendTitles(out []byte, posts []*postv1.Post) []byte {
	out = append(out, `{"nodes":[`...)
	for i, post := range posts {
		out = append(separate(out, i), `{"title":`...)
		out = append(appendText(out, post.GetTitle()), '}')
	}
	return append(out, `]}`...)
}

// home answers query Home { user(id: 1) { username avatarUrl phone postCount } } by two calls at the same time.
func home(c *call, _ int64, out []byte) ([]byte, error) {
	var (
		user  *userv1.User
		count int64
	)
	if err := together(c.user(homeID, &user), c.count(homeID, &count)); err != nil {
		return out, err
	}
	if user == nil {
		return append(out, `{"user":null}`...), nil
	}
	out = appendText(append(out, `{"user":{"username":`...), user.GetUsername())
	out = appendAvatar(append(out, `,"avatarUrl":`...), user.GetAvatar())
	out = appendPhone(append(out, `,"phone":`...), user.GetPhone())
	out = appendCount(append(out, `,"postCount":`...), count)
	return append(out, `}}`...), nil
}

// usersWithPosts answers the nested page of 50 users by three calls: the users, then their posts and counts at the same
// time. The authors of the posts are the users.
func usersWithPosts(c *call, _ int64, out []byte) ([]byte, error) {
	var users []*userv1.User
	if err := together(c.latestUsers(nestedUsers, &users)); err != nil {
		return out, err
	}
	ids := make([]int64, len(users))
	byID := make(map[int64]*userv1.User, len(users))
	for i, user := range users {
		ids[i] = user.GetId()
		byID[user.GetId()] = user
	}
	posts, counts := make(map[int64][]*postv1.Post, len(ids)), make(map[int64]int64, len(ids))
	if err := together(c.postsByAuthor(ids, nestedPosts, posts), c.countsByID(ids, counts)); err != nil {
		return out, err
	}

	out = append(out, `{"users":{"edges":[`...)
	for i, user := range users {
		out = appendText(append(separate(out, i), `{"node":{"username":`...), user.GetUsername())
		out = append(out, `,"posts":{"edges":[`...)
		for j, post := range posts[user.GetId()] {
			out = appendText(append(separate(out, j), `{"node":{"title":`...), post.GetTitle())
			out = append(appendName(append(out, `,"author":`...), byID[post.GetAuthorId()]), `}}`...)
		}
		out = appendCount(append(out, `]},"postCount":`...), counts[user.GetId()])
		out = append(out, `}}`...)
	}
	return append(out, `]}}`...), nil
}

// nested answers 30 posts with 1 to 4 levels. The authors' posts hang on ids that are known with the posts, so they are
// fetched beside the authors. Whoever wrote them is known already.
func nested(levels int) answer {
	return func(c *call, _ int64, out []byte) ([]byte, error) {
		var posts []*postv1.Post
		if err := together(c.latestPosts(nestedRows, &posts)); err != nil {
			return out, err
		}
		var authors map[int64]*userv1.User
		var theirs map[int64][]*postv1.Post
		if levels > 1 {
			ids := authorsOf(posts)
			authors = make(map[int64]*userv1.User, len(ids))
			var more work
			if levels > 2 {
				theirs = make(map[int64][]*postv1.Post, len(ids))
				more = c.postsByAuthor(ids, nestedPosts, theirs)
			}
			if err := together(c.usersByID(ids, authors), more); err != nil {
				return out, err
			}
		}
		return appendNested(out, levels, posts, authors, theirs), nil
	}
}

func appendNested(out []byte, levels int, posts []*postv1.Post, authors map[int64]*userv1.User, theirs map[int64][]*postv1.Post) []byte {
	out = append(out, `{"posts":{"nodes":[`...)
	for i, post := range posts {
		out = appendText(append(separate(out, i), `{"title":`...), post.GetTitle())
		if levels > 1 {
			out = append(out, `,"author":`...)
			out = appendAuthor(out, levels, authors[post.GetAuthorId()], authors, theirs)
		}
		out = append(out, '}')
	}
	return append(out, `]}}`...)
}

func appendAuthor(out []byte, levels int, author *userv1.User, authors map[int64]*userv1.User, theirs map[int64][]*postv1.Post) []byte {
	if levels == 2 || author == nil {
		return appendName(out, author)
	}
	out = appendText(append(out, `{"username":`...), author.GetUsername())
	out = append(out, `,"posts":{"nodes":[`...)
	for i, post := range theirs[author.GetId()] {
		out = appendText(append(separate(out, i), `{"title":`...), post.GetTitle())
		if levels == 4 {
			out = appendName(append(out, `,"author":`...), authors[post.GetAuthorId()])
		}
		out = append(out, '}')
	}
	return append(out, `]}}`...)
}

// number reads an id as a client writes it. 0: it is none.
func number(id string) int64 {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || n < 1 {
		return 0
	}
	return n
}
