package sqldb

import (
	"errors"
	"slices"

	pagev1 "bff/internal/gen/page/v1"
)

// maxPageSize is the largest number of rows in one page.
const maxPageSize = 100

// ErrPage is returned for page arguments that are outside the contract.
var ErrPage = errors.New("page: exactly one of first and last must be from 1 to 100, and no id below 0")

// Cut is how a page is cut out of a list that is ordered by id, the highest first.
type Cut struct {
	Where string // a condition on id
	Args  []any  // its parameters
	Order string // DESC or ASC: the end of the list from which rows are counted
	Limit int    // one row more than wanted, to know whether there are more

	args *pagev1.PageArgs
}

// NewCut reads page arguments.
func NewCut(args *pagev1.PageArgs) (Cut, error) {
	first, last := args.GetFirst(), args.GetLast()
	if first < 0 || last < 0 || (first == 0) == (last == 0) || max(first, last) > maxPageSize || args.GetAfterId() < 0 || args.GetBeforeId() < 0 {
		return Cut{}, ErrPage
	}

	cut := Cut{Where: "id > ?", Args: []any{args.GetBeforeId()}, Order: "DESC", Limit: int(max(first, last)) + 1, args: args}
	if args.GetAfterId() > 0 {
		cut.Where += " AND id < ?"
		cut.Args = append(cut.Args, args.GetAfterId())
	}
	if last > 0 {
		cut.Order = "ASC"
	}
	return cut, nil
}

// Page takes the surplus row away from what the statement returned, puts the rest into the list's order and says what
// lies on both sides.
func Page[T any](c Cut, rows []T) ([]T, *pagev1.PageInfo) {
	more := len(rows) == c.Limit
	if more {
		rows = rows[:c.Limit-1]
	}
	if c.Order == "ASC" {
		slices.Reverse(rows)
		return rows, &pagev1.PageInfo{HasPrevious: more, HasNext: c.args.GetBeforeId() > 0}
	}
	return rows, &pagev1.PageInfo{HasNext: more, HasPrevious: c.args.GetAfterId() > 0}
}
