package bff

import (
	"fmt"
	"io"
	"log/slog"
)

const redacted = "***"

// Phone is a telephone number that cannot print itself: every verb of fmt, slog and encoding/json writes "***".
// The digits leave it through Reveal alone. The zero value is "no phone".
type Phone struct{ digits string }

// NewPhone returns the phone with these digits; empty = none.
func NewPhone(digits string) Phone { return Phone{digits} }

// IsZero says whether there is no phone.
func (p Phone) IsZero() bool { return p.digits == "" }

// Reveal hands the digits to show and returns what it makes of them. Its callers are few on purpose, and a test lists
// them: the mask (which looks at the viewer first) and the client of the service that stores the number.
func (p Phone) Reveal(show func(digits string) string) string { return show(p.digits) }

// Format implements fmt.Formatter: all verbs print redacted text.
func (p Phone) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue implements slog.LogValuer.
func (p Phone) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements encoding.TextMarshaler, which encoding/json uses.
func (p Phone) MarshalText() ([]byte, error) { return []byte(redacted), nil }
