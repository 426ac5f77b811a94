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

// secure sets headers that hold for all answers; a page sets a policy of its own over them. All answers share the
// values: a header is replaced or appended to, never written into.
func secure(production bool) middleware {
	var (
		nosniff   = []string{"nosniff"}
		referrer  = []string{"no-referrer"}
		frame     = []string{"DENY"}
		policy    = []string{"default-src 'none'; frame-ancestors 'none'"}
		transport = []string{"max-age=31536000; includeSubDomains"}
	)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			header := w.Header()
			header["X-Content-Type-Options"] = nosniff
			header["Referrer-Policy"] = referrer
			header["X-Frame-Options"] = frame
			header["Content-Security-Policy"] = policy
			if production {
				header["Strict-Transport-Security"] = transport
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
			origin := first(r.Header, "Origin")
			allowed := slices.Contains(origins, origin)
			switch first(r.Header, "Sec-Fetch-Site") {
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

// locate lets the context tell where a request comes from. It is found out when somebody asks.
func locate(proxies []netip.Prefix) middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s, r := scoped(r)
			s.located, s.proxies = true, proxies
			next.ServeHTTP(w, r)
		})
	}
}

// addressOf returns where a request comes from: the peer, or whom the nearest proxy that is not believed to be one of
// ours forwards for. Of an IPv6 address the network counts, for it belongs to one customer.
func addressOf(r *http.Request, proxies []netip.Prefix) string {
	ours := func(address netip.Addr) bool {
		return slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(address) })
	}
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	address, err := netip.ParseAddr(host)
	if err != nil || !ours(address.Unmap()) {
		return customer(address.Unmap())
	}
	forwarded := strings.Split(strings.Join(r.Header["X-Forwarded-For"], ","), ",")
	for i := len(forwarded) - 1; i >= 0 && ours(address.Unmap()); i-- {
		before, wrong := netip.ParseAddr(strings.TrimSpace(forwarded[i]))
		if wrong != nil {
			break
		}
		address = before
	}
	return customer(address.Unmap())
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
