package bff

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

const redacted = "***"

// Phone is a telephone number that cannot print itself: every verb of fmt, slog and encoding/json writes "***", and
// so does the graph, unless a mask has decided what this viewer may read and said so by Shown. The zero value is
// "no phone".
type Phone struct {
	digits string
	shown  *string
}

// NewPhone returns the phone with these digits; empty = none.
func NewPhone(digits string) Phone { return Phone{digits: digits} }

// Reveal hands the digits to see. Its callers are few on purpose, and a test lists them: the mask, which looks at the
// viewer first, and the client of the service that stores the number.
func (p Phone) Reveal(see func(digits string)) { see(p.digits) }

// Shown returns the phone as it will read in the answer to one viewer.
func (p Phone) Shown(text string) Phone { return Phone{digits: p.digits, shown: &text} }

// MarshalGQL writes the text given by Shown as a GraphQL value, "***" if there is none, null if there is no phone.
func (p Phone) MarshalGQL(w io.Writer) {
	text := redacted
	if p.shown != nil {
		text = *p.shown
	}
	if p.digits == "" {
		_, _ = io.WriteString(w, "null")
		return
	}
	quoted, _ := json.Marshal(text) // a string can always be marshalled
	_, _ = w.Write(quoted)
}

// UnmarshalGQL reads the digits from a GraphQL input value.
func (p *Phone) UnmarshalGQL(value any) error {
	digits, ok := value.(string)
	if !ok {
		return Errorf(Invalid, "a phone is a string")
	}
	*p = NewPhone(digits)
	return nil
}

// Format implements fmt.Formatter: all verbs print redacted text.
func (p Phone) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue implements slog.LogValuer.
func (p Phone) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements encoding.TextMarshaler, which encoding/json uses.
func (p Phone) MarshalText() ([]byte, error) { return []byte(redacted), nil }
