package server

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/rs/cors"

	"bff"
)

// secure sets headers that hold for all answers; a page sets a policy of its own over them.
func secure(production bool) middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			header := w.Header()
			header.Set("X-Content-Type-Options", "nosniff")
			header.Set("Referrer-Policy", "no-referrer")
			header.Set("X-Frame-Options", "DENY")
			header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
			if production {
				header.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
			}
			next.ServeHTTP(w, r)
		})
	}
}

// allowOrigins lets pages of these origins call and read the answers.
func allowOrigins(origins []string) middleware {
	if len(origins) == 0 {
		return func(next http.Handler) http.Handler { return next }
	}
	return cors.New(cors.Options{
		AllowedOrigins: origins, AllowedMethods: []string{http.MethodGet, http.MethodPost}, AllowedHeaders: []string{"*"}, AllowCredentials: true,
		ExposedHeaders: []string{"X-Request-Id", "ETag", "Retry-After"}, MaxAge: 600, OptionsSuccessStatus: http.StatusNoContent,
	}).Handler
}

// refuseCrossSite refuses what the page of an origin that is not allowed makes a browser send: a form as well as a link.
// Browsers say so themselves (https://www.w3.org/TR/fetch-metadata/); older ones name the origin.
func refuseCrossSite(origins []string, refuse refusal) middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			origin := r.Header.Get("Origin")
			allowed := slices.Contains(origins, origin)
			switch r.Header.Get("Sec-Fetch-Site") {
			case "same-origin", "same-site", "none":
				allowed = true
			case "":
				allowed = allowed || origin == "" || ownOrigin(origin, r.Host)
			}
			if !allowed {
				refuse(w, r, http.StatusForbidden, bff.Errorf(bff.Forbidden, "pages of this origin may not call"))
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

func ownOrigin(origin, host string) bool {
	parsed, err := url.Parse(origin)
	return err == nil && parsed.Host != "" && strings.EqualFold(parsed.Host, host)
}

// locate puts into the context where a request comes from: the peer, or whom the nearest proxy that is not believed to
// be one of ours forwards for. Of an IPv6 address the network counts, for it belongs to one customer.
func locate(proxies []netip.Prefix) middleware {
	ours := func(address netip.Addr) bool {
		return slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(address) })
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			host, _, _ := net.SplitHostPort(r.RemoteAddr)
			address, err := netip.ParseAddr(host)
			forwarded := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
			for i := len(forwarded) - 1; i >= 0 && err == nil && ours(address.Unmap()); i-- {
				before, wrong := netip.ParseAddr(strings.TrimSpace(forwarded[i]))
				if wrong != nil {
					break
				}
				address = before
			}
			next.ServeHTTP(w, r.WithContext(bff.WithAddress(r.Context(), customer(address.Unmap()))))
		})
	}
}

// customer returns an address as it is counted.
func customer(address netip.Addr) string {
	if address.Is6() {
		const network = 64
		if prefix, err := address.WithZone("").Prefix(network); err == nil {
			return prefix.String()
		}
	}
	return address.String()
}
