package graph

import "newcomer/library"

// Resolver is what the resolvers need.
type Resolver struct{ Shelf *library.Shelf }
