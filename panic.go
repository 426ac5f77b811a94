package bff

import (
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
)

// Panic returns what a log may say of a recovered panic: its type, its stack, and its text only if the runtime itself
// wrote it, for any other may hold a secret.
func Panic(cause any) slog.Attr {
	fault := ""
	if err, ok := cause.(runtime.Error); ok {
		fault = err.Error()
	}
	return slog.Group("panic", "type", fmt.Sprintf("%T", cause), "fault", fault, "stack", string(debug.Stack()))
}
