package library

import (
	"fmt"
	"io"
	"strconv"
)

// Genre is the kind of a book.
type Genre string

// The genres.
const (
	GenreNovel  Genre = "NOVEL"
	GenreTravel Genre = "TRAVEL"
)

// MarshalGQL implements gqlgen's graphql.Marshaler.
func (g Genre) MarshalGQL(w io.Writer) { _, _ = io.WriteString(w, strconv.Quote(string(g))) }

// UnmarshalGQL implements gqlgen's graphql.Unmarshaler.
func (g *Genre) UnmarshalGQL(value any) error {
	text, _ := value.(string)
	*g = Genre(text)
	if *g != GenreNovel && *g != GenreTravel {
		return fmt.Errorf("%v is no genre", value)
	}
	return nil
}
