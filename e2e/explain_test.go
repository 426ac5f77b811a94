package e2e

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"testing"
)

// explain asks for an operation with its plan. It returns keys by where they were found, with those of all batches, and the
// methods of services that were called.
func (s *server) explain(query string) (found map[string]int, called []string) {
	s.t.Helper()
	body, _ := json.Marshal(map[string]string{"query": query})
	request, _ := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+"/graphql", bytes.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("GraphQL-Plan", "report")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct {
		Extensions struct {
			Plan *struct {
				Batches []struct {
					Keys  int
					Found map[string]int
				}
				Calls []struct{ Method, Code string }
			}
		}
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		s.t.Fatal(err)
	}
	if answer.Extensions.Plan == nil {
		return nil, nil
	}
	found = map[string]int{}
	for _, b := range answer.Extensions.Plan.Batches {
		found["keys"] += b.Keys
		for where, keys := range b.Found {
			found[where] += keys
		}
	}
	for _, c := range answer.Extensions.Plan.Calls {
		called = append(called, c.Method+" "+c.Code)
	}
	return found, called
}

// TestAPlanTellsWhereKeysWereFound asks twice: the page of posts is never kept, its author and their number of posts are.
func TestAPlanTellsWhereKeysWereFound(t *testing.T) {
	s := startDev(t, "-memory-ttl", "1h")
	const query = `{ posts(first: 3) { edges { node { title author { username postCount } } } } }`
	for _, want := range []struct {
		memory, service int
		calls           []string
	}{
		{0, 3, []string{"ListPosts OK", "BatchCountPostsByAuthor OK", "BatchGetUsers OK"}},
		{2, 1, []string{"ListPosts OK"}},
	} {
		found, called := s.explain(query)
		if found["keys"] != 3 || found["memory"] != want.memory || found["service"] != want.service || !slices.Equal(called, want.calls) {
			t.Errorf("%v by %v, want %+v", found, called, want)
		}
	}

	production := startDev(t, "-production")
	if found, called := production.explain(query); found != nil || called != nil {
		t.Errorf("anybody reads %v, %v in production", found, called)
	}
}
