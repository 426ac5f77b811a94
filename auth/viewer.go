// Package auth says who is asking: it signs and verifies tokens and carries the viewer through a request's context.
// It never decides what a viewer may see; that is for the directives of the graph and for the services.
//
//	token, err := keys.Sign(auth.Viewer{UserID: 1})
//	viewer, err := keys.Verify(token)
//	ctx = auth.With(ctx, viewer)
package auth

import (
	"context"
	"time"

	"bff"
)

// Viewer is who asks. The zero value is nobody: somebody who has not signed in.
type Viewer struct {
	UserID  int64
	Admin   bool
	Expires time.Time // of the token; zero: there is none
}

// SignedIn says whether the viewer is somebody.
func (v Viewer) SignedIn() bool { return v.UserID > 0 }

// Owns says whether the row belongs to the viewer. Nobody owns nothing.
func (v Viewer) Owns(row bff.Node) bool { return v.SignedIn() && row.OwnerID() == v.UserID }

// Actor returns the viewer as the one who asks for a change.
func (v Viewer) Actor() bff.Actor { return bff.Actor{UserID: v.UserID, Admin: v.Admin} }

// ViewerKey is the key under which the context of a request has its *Viewer. It is exported for contexts that hold all
// values of a request in one struct; everybody else uses With and From.
type ViewerKey struct{}

// With returns a context that carries the viewer.
func With(ctx context.Context, viewer Viewer) context.Context {
	return context.WithValue(ctx, ViewerKey{}, &viewer)
}

// From returns the viewer of the request, nobody if there is none.
func From(ctx context.Context) Viewer {
	if viewer, ok := ctx.Value(ViewerKey{}).(*Viewer); ok {
		return *viewer
	}
	return Viewer{}
}

// Require returns the viewer of the request, or Unauthenticated if that is nobody.
func Require(ctx context.Context) (Viewer, error) {
	viewer := From(ctx)
	if !viewer.SignedIn() {
		return viewer, bff.Errorf(bff.Unauthenticated, "sign in first")
	}
	return viewer, nil
}
