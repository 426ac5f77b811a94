package bff

import (
	"encoding/base64"
	"strconv"
	"strings"
)

// IDKind says what an id belongs to. It is written into every global id, so that an id of one kind is refused where
// another is asked for.
type IDKind string

// The kinds of ids.
const (
	UserKind IDKind = "User"
	PostKind IDKind = "Post"
)

func globalID(kind IDKind, id int64) string {
	return base64.RawURLEncoding.EncodeToString([]byte(string(kind) + ":" + strconv.FormatInt(id, 10)))
}

// ParseID reads an id argument that must be of one kind: the opaque global id, or the bare decimal database id.
// It answers Invalid for anything else, also for a global id of another kind.
func ParseID(kind IDKind, id string) (int64, error) {
	if n, ok := parsePositive(id); ok {
		return n, nil
	}

	found, n, err := ParseGlobalID(id)
	if err != nil {
		return 0, err
	}
	if found != kind {
		return 0, Errorf(Invalid, "the id is not that of a %s", kind)
	}
	return n, nil
}

// ParseGlobalID reads an opaque global id of any kind. It answers Invalid for anything else, also for a bare decimal
// id, which does not tell its kind.
func ParseGlobalID(id string) (IDKind, int64, error) {
	invalid := Errorf(Invalid, "the id is not one that this server has given out")
	if len(id) > maxIDLength || strings.ContainsAny(id, "\r\n") { // which decoders leave out
		return "", 0, invalid
	}

	raw, err := base64.RawURLEncoding.Strict().DecodeString(strings.TrimRight(id, "="))
	if err != nil {
		return "", 0, invalid
	}
	kind, digits, _ := strings.Cut(string(raw), ":")
	n, ok := parsePositive(digits)
	if !ok || IDKind(kind) != UserKind && IDKind(kind) != PostKind {
		return "", 0, invalid
	}
	return IDKind(kind), n, nil
}

const maxIDLength = 64

// parsePositive reads a decimal number above 0 in its only spelling: no sign, no leading zero.
func parsePositive(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n > 0 && s[0] != '+' && s[0] != '0'
}
