package program

import (
	"io"
	"log/slog"
	"net/url"
	"runtime/debug"
)

// Logger returns the logger of a program: one JSON object a line.
func Logger(name string, stderr io.Writer) *slog.Logger {
	return slog.New(slog.NewJSONHandler(stderr, nil)).With("program", name)
}

// Redacted returns an address without its password.
func Redacted(address string) string {
	parsed, err := url.Parse(address)
	if err != nil || parsed.User == nil {
		if err != nil {
			return "not an address"
		}
		return address
	}
	return parsed.Redacted()
}

// Version returns the version of the program: the module's, with the commit it was built from.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	version := info.Main.Version
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			version = setting.Value
		}
	}
	return version
}
