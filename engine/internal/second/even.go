package second

import (
	"fmt"

	"github.com/99designs/gqlgen/graphql"
)

// MarshalEven writes even numbers; odd ones are null.
func MarshalEven(n int) graphql.Marshaler {
	if n%2 != 0 {
		return graphql.Null
	}
	return graphql.MarshalInt(n)
}

// UnmarshalEven reads even numbers.
func UnmarshalEven(v any) (int, error) {
	n, err := graphql.UnmarshalInt(v)
	if err == nil && n%2 != 0 {
		err = fmt.Errorf("%d is not even", n)
	}
	return n, err
}
