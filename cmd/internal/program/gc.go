package program

import "runtime/debug"

// gcPercent lets the heap of a server grow to five times what lives in it before it is collected. What lives is small and
// what a request allocates is soon dead, so at Go's default of 100 a busy server collects hundreds of times a second.
const gcPercent = 400

// TuneGC sets how often a server collects garbage, unless the environment says so by Go's own GOGC. GOMEMLIMIT bounds
// the memory in either case.
func TuneGC(env Env) {
	if _, set := env("GOGC"); !set {
		debug.SetGCPercent(gcPercent)
	}
}
