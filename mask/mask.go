// Package mask hides the middle of a text, or all of it. Its functions are pure; who may see the clear text is decided
// by those who call them.
//
//	mask.Phone.Apply("13100000001") // 131****0001
package mask

import (
	"strings"
	"unicode/utf8"
)

// Rule says which part of a text stays readable. The zero value hides everything.
type Rule struct {
	KeepStart int  // characters kept at the start
	KeepEnd   int  // characters kept at the end
	Email     bool // instead of the counts: the first character and the domain stay
}

// The named rules of the schema's MaskPreset.
var (
	Full  = Rule{}
	Phone = Rule{KeepStart: 3, KeepEnd: 4}
	Email = Rule{Email: true}
)

// hidden stands for a text that is hidden whole. Its length says nothing about that of the text.
const hidden = "***"

// Apply returns text with everything but the kept characters replaced by '*'. A text too short to hide at least one
// character is hidden whole, as is one that a rule does not fit: an e-mail address without '@', a negative count,
// invalid UTF-8. The empty text stays empty.
func (r Rule) Apply(text string) string {
	if text == "" {
		return ""
	}

	if !utf8.ValidString(text) {
		return hidden
	}
	if r.Email {
		return applyEmail(text)
	}

	runes := []rune(text)
	middle := len(runes) - r.KeepStart - r.KeepEnd
	if r.KeepStart < 0 || r.KeepEnd < 0 || r.KeepStart+r.KeepEnd == 0 || middle < 1 {
		return hidden
	}
	return string(runes[:r.KeepStart]) + strings.Repeat("*", middle) + string(runes[len(runes)-r.KeepEnd:])
}

func applyEmail(text string) string {
	at := strings.LastIndexByte(text, '@')
	if at < 1 {
		return hidden
	}
	first, size := utf8.DecodeRuneInString(text)
	if size == at {
		return hidden + text[at:]
	}
	return string(first) + hidden + text[at:]
}
