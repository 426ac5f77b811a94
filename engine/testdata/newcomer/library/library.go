// Package library is books, their authors and a shelf that holds both.
package library

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Book is one book of the library.
type Book struct {
	Number   string
	Title    string
	Genre    Genre
	Pages    int
	LentTo   *string
	AuthorID int
}

// IsFound says that a book is a member of the union Found.
func (*Book) IsFound() {}

// Author wrote books.
type Author struct {
	ID   int
	Name string
}

// IsFound says that an author is a member of the union Found.
func (*Author) IsFound() {}

// Found is what a search finds: books and authors.
type Found interface{ IsFound() }

// Shelf holds the books and authors. Its methods block, as calls of a database do. Safe for concurrent use.
type Shelf struct {
	mu      sync.Mutex
	books   []*Book
	authors []*Author
}

// NewShelf returns a shelf with four books. The author of one of them is unknown.
func NewShelf() *Shelf {
	return &Shelf{
		books: []*Book{
			{Number: "1", Title: "Emma", Genre: GenreNovel, Pages: 474, AuthorID: 1},
			{Number: "2", Title: "Persuasion", Genre: GenreNovel, Pages: 249, AuthorID: 1},
			{Number: "3", Title: "The Sea and the Jungle", Genre: GenreTravel, Pages: 354, AuthorID: 2},
			{Number: "4", Title: "A Voyage", Genre: GenreTravel, Pages: 90, AuthorID: 9},
		},
		authors: []*Author{{ID: 1, Name: "Jane Austen"}, {ID: 2, Name: "H. M. Tomlinson"}},
	}
}

// Books returns all books that a condition holds for.
func (s *Shelf) Books(_ context.Context, which func(*Book) bool) ([]*Book, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []*Book
	for _, book := range s.books {
		if which(book) {
			found = append(found, book)
		}
	}
	return found, nil
}

// Author returns an author. An unknown id is an error.
func (s *Shelf) Author(_ context.Context, id int) (*Author, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.authors, func(a *Author) bool { return a.ID == id })
	if i < 0 {
		return nil, fmt.Errorf("there is no author %d", id)
	}
	return s.authors[i], nil
}

// Book returns the book with a number, nil if there is none.
func (s *Shelf) Book(ctx context.Context, number string) (*Book, error) {
	found, err := s.Books(ctx, func(book *Book) bool { return book.Number == number })
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// Search returns the books and authors whose name holds a text.
func (s *Shelf) Search(ctx context.Context, text string) ([]Found, error) {
	books, err := s.Books(ctx, func(book *Book) bool { return strings.Contains(book.Title, text) })
	if err != nil {
		return nil, err
	}
	found := make([]Found, 0, len(books))
	for _, book := range books {
		found = append(found, book)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, author := range s.authors {
		if strings.Contains(author.Name, text) {
			found = append(found, author)
		}
	}
	return found, nil
}

// Lend notes who has a book. It returns a copy with the new reader.
func (s *Shelf) Lend(_ context.Context, number, to string) (*Book, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.books, func(b *Book) bool { return b.Number == number })
	if i < 0 {
		return nil, fmt.Errorf("there is no book %s", number)
	}
	lent := *s.books[i]
	lent.LentTo = &to
	s.books[i] = &lent
	return &lent, nil
}
