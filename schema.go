package bff

import _ "embed"

// SDL is the public contract of the graph in the schema definition language.
//
//go:embed schema.graphqls
var SDL string
