package main

import (
	"bff/rpcbff"
	"bff/tools/schema-matrix/rpc/base"
)

// variants is every version of the procedures by its name. The matrix builds this program with a file in the place of
// this one that names the edited versions, too.
var variants = map[string]func() []*rpcbff.Procedure{
	"base": base.Procedures,
}
