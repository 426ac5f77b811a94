// Command newcomer serves a small library. It has no loaders: its resolvers ask the shelf one object at a time.
package main

import (
	"log"
	"net/http"

	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2/ast"

	"bff/engine"
	"newcomer/graph"
	"newcomer/library"
)

// newServer returns gqlgen's own handler over the schema that is executed breadth first.
func newServer(shelf *library.Shelf) *handler.Server {
	config := graph.Config{Resolvers: &graph.Resolver{Shelf: shelf}}
	server := handler.New(graph.NewBreadthFirstSchema(config, engine.Options{}))
	server.AddTransport(transport.POST{})
	server.SetQueryCache(lru.New[*ast.QueryDocument](1000)) // plans are kept for the documents that it keeps
	server.Use(extension.Introspection{})
	return server
}

func main() {
	http.Handle("/graphql", newServer(library.NewShelf()))
	log.Fatal(http.ListenAndServe("127.0.0.1:8090", nil))
}
