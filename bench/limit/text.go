package main

import (
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	userv1 "bff/internal/gen/user/v1"
)

// avatarBase is what the server puts before a file's name if nothing is set.
const avatarBase = "http://www.chemputer.top/"

// appendText appends a JSON string, escaped as the server escapes it.
func appendText(out []byte, text string) []byte {
	out = append(out, '"')
	start := 0
	for i := range len(text) {
		c := text[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		out = appendEscape(append(out, text[start:i]...), c)
		start = i + 1
	}
	return append(append(out, text[start:]...), '"')
}

func appendEscape(out []byte, c byte) []byte {
	const digits = "0123456789ABCDEF"
	switch c {
	case '\t':
		return append(out, `\t`...)
	case '\r':
		return append(out, `\r`...)
	case '\n':
		return append(out, `\n`...)
	case '"', '\\':
		return append(out, '\\', c)
	default:
		return append(out, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
	}
}

// appendAvatar appends the absolute address of a picture, null if there is none.
func appendAvatar(out []byte, file string) []byte {
	if file == "" {
		return append(out, "null"...)
	}
	return appendText(out, avatarBase+url.PathEscape(file))
}

// appendPhone appends a phone as a viewer sees it who has not signed in, null if there is none.
func appendPhone(out []byte, phone string) []byte {
	const start, end = 3, 4 // characters that stay
	if phone == "" {
		return append(out, "null"...)
	}
	hidden := len(phone) - start - end
	if hidden < 1 || utf8.RuneCountInString(phone) != len(phone) {
		return append(out, `"***"`...)
	}
	return appendText(out, phone[:start]+strings.Repeat("*", hidden)+phone[len(phone)-end:])
}

func appendCount(out []byte, count int64) []byte { return strconv.AppendInt(out, count, 10) }

// appendName appends a user of whom the name is selected alone.
func appendName(out []byte, user *userv1.User) []byte {
	if user == nil {
		return append(out, "null"...)
	}
	return append(appendText(append(out, `{"username":`...), user.GetUsername()), '}')
}

// separate appends the comma before every element of a list but the first.
func separate(out []byte, index int) []byte {
	if index == 0 {
		return out
	}
	return append(out, ',')
}
