package engine_test

import (
	"strings"
	"testing"

	"bff/engine"
)

// beginsBook has a method that a resolver may have.
type beginsBook interface {
	BeginBook(id string) func() (int, error)
}

type (
	rightResolver struct{}
	otherResolver struct{}
	wrongResolver struct{}
)

func (rightResolver) BeginBook(string) func() (int, error) { return nil }
func (wrongResolver) BeginBook(int) func() (int, error)    { return nil }

// TestMethodOf holds that a method of the right name and another signature stops the start, for it would never be
// called.
func TestMethodOf(t *testing.T) {
	if _, ok := engine.MethodOf[beginsBook](rightResolver{}); !ok {
		t.Error("a resolver with the method is not found")
	}
	if _, ok := engine.MethodOf[beginsBook](otherResolver{}); ok {
		t.Error("a resolver without the method is found")
	}
	defer func() {
		message, _ := recover().(string)
		if !strings.Contains(message, "method BeginBook of engine_test.wrongResolver must be func(string) func() (int, error), not func(int)") {
			t.Errorf("panic: %q", message)
		}
	}()
	engine.MethodOf[beginsBook](wrongResolver{})
}
