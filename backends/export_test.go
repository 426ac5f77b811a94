package backends

import "strings"

// Retried says whether a method is among those that are retried.
func Retried(service, method string) bool { return strings.Contains(readsOf(service), `"`+method+`"`) }
