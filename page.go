package bff

import (
	"encoding/base64"
	"strings"
)

// MaxPageSize is the largest number of rows in one page.
const MaxPageSize = 100

// PageArgs asks for one page of a list that is ordered newest first. Exactly one of First and Last is set. After and
// Before are ids of rows: the page is cut by keys, so rows inserted or deleted between two requests neither repeat nor
// hide others. The zero value is not valid; use NewPageArgs. It is comparable: a key for loaders and caches.
type PageArgs struct {
	First, Last   int
	After, Before int64
}

// DefaultPageSize is the number of rows in a page when nobody says.
const DefaultPageSize = 20

// NewPageArgs reads the arguments of a connection by the rules of the Relay cursor connections specification.
// It answers Invalid if both first and last are given, if one is outside 1..MaxPageSize, or if a cursor is not one of
// this list's kind. Without first and last, the first DefaultPageSize rows are asked for.
func NewPageArgs(kind IDKind, first *int, after *string, last *int, before *string) (PageArgs, error) {
	var args PageArgs
	switch {
	case first != nil && last != nil:
		return args, Errorf(Invalid, "first and last cannot be used together")
	case first != nil:
		args.First = *first
	case last != nil:
		args.Last = *last
	default:
		args.First = DefaultPageSize
	}
	if size := max(args.First, args.Last); size < 1 || size > MaxPageSize || min(args.First, args.Last) < 0 {
		return args, Errorf(Invalid, "first and last must be from 1 to %d", MaxPageSize)
	}

	var err error
	if args.After, err = parseCursor(kind, after); err != nil {
		return args, err
	}
	args.Before, err = parseCursor(kind, before)
	return args, err
}

// AuthorPage asks for one page of the posts of one author.
type AuthorPage struct {
	AuthorID int64
	Args     PageArgs
}

// Page is one page of a list, newest first. Values are shared between requests: read-only.
type Page[T any] struct {
	Items       []T
	HasNext     bool
	HasPrevious bool
}

const cursorPrefix = "after:"

// Cursor returns the opaque cursor of the row with this id. It stays valid when rows are inserted or deleted, the row
// itself included.
func Cursor(kind IDKind, id int64) string {
	return base64.RawURLEncoding.EncodeToString([]byte(cursorPrefix + globalID(kind, id)))
}

func parseCursor(kind IDKind, cursor *string) (int64, error) {
	if cursor == nil {
		return 0, nil
	}

	invalid := Errorf(Invalid, "the cursor is not one that this list has given out")
	if len(*cursor) > 2*maxIDLength {
		return 0, invalid
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(*cursor)
	if err != nil {
		return 0, invalid
	}
	id, ok := strings.CutPrefix(string(raw), cursorPrefix)
	if !ok {
		return 0, invalid
	}
	found, n, err := ParseGlobalID(id)
	if err != nil || found != kind || Cursor(kind, n) != *cursor { // decoders leave line breaks out
		return 0, invalid
	}
	return n, nil
}
