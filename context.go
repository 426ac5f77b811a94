package bff

import "context"

// AddressKey is the key under which the context of a request has its address, an IP address without port, as *string. It
// is exported for the context that holds all values of a request in one struct; AddressFrom reads it.
type AddressKey struct{}

// AddressFrom returns where the request comes from, empty if that is not known.
func AddressFrom(ctx context.Context) string {
	if address, ok := ctx.Value(AddressKey{}).(*string); ok {
		return *address
	}
	return ""
}

// RequestIDKey is the key under which the context of a request has its id, as *string. It is exported for contexts that
// hold all values of a request in one struct; everybody else uses WithRequestID and RequestIDFrom.
type RequestIDKey struct{}

// WithRequestID returns a context that carries the id of its HTTP request.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, RequestIDKey{}, &id)
}

// RequestIDFrom returns the id of the HTTP request, empty if there is none.
func RequestIDFrom(ctx context.Context) string {
	if id, ok := ctx.Value(RequestIDKey{}).(*string); ok {
		return *id
	}
	return ""
}
