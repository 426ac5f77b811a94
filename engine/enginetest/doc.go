// Package enginetest finds out whether package engine answers as gqlgen's own execution does: Queries makes random valid
// operations for any schema, and Compare carries one out on both and says where the answers differ.
//
//	pair := enginetest.Pair{Oracle: executor.New(generated), Engine: executor.New(breadthFirst)}
//	for query := range enginetest.Queries(schema, seed, enginetest.Options{}) {
//		if err := pair.Compare(ctx, query.Params(), nil); err != nil { … }
//	}
package enginetest
