// Package web holds the pages a person looks at, built by `make web` and embedded: they need neither the internet nor
// Node to be served.
//
//	mux.Handle("/", web.Playground())
package web

import (
	"embed"
	"net/http"
)

//go:embed all:dist
var dist embed.FS

// Playground returns a handler of the page at / and of its assets under /playground-assets/. Everything else is not
// found.
func Playground() http.Handler {
	return newPage(dist, "dist/playground", "/", "/playground-assets/")
}

// App returns a handler of the demo at /app, the same home page by Relay, urql and RPC, and of its assets under
// /app-assets/. Everything else is not found.
func App() http.Handler {
	return newPage(dist, "dist/app", "/app", "/app-assets/")
}

// Compare returns a handler of the page at /compare that runs GraphQL and RPC side by side, and of its assets under
// /compare-assets/. Everything else is not found.
func Compare() http.Handler {
	return newPage(dist, "dist/compare", "/compare", "/compare-assets/")
}
