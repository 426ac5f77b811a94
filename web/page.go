package web

import (
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
)

// policy is what the pages may load: what this server serves, its WebSocket included. The editor writes styles at run
// time.
const policy = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
	"font-src 'self' data:; worker-src 'self' blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// page serves one folder of dist: its index.html at one path, everything else below a prefix. Safe for concurrent use.
type page struct {
	at     string
	assets string

	files map[string]func() *asset // by file name; each is made at its first use and kept
}

// newPage panics if the folder is not there: that is a fault of the build.
func newPage(files fs.FS, folder, at, assets string) *page {
	entries, err := fs.ReadDir(files, folder)
	if err != nil {
		panic(err)
	}
	p := &page{at: at, assets: assets, files: make(map[string]func() *asset, len(entries))}
	for _, entry := range entries {
		p.files[entry.Name()] = sync.OnceValue(func() *asset {
			content, err := fs.ReadFile(files, path.Join(folder, entry.Name()))
			if err != nil {
				panic(err) // it was listed
			}
			return newAsset(entry.Name(), content)
		})
	}
	return p
}

// ServeHTTP answers GET and HEAD.
func (p *page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
		return
	}

	// The page names its assets: it is asked for again each time. A hashed name never means another content, so
	// clients keep it.
	name, lifetime := "index.html", "no-cache"
	if r.URL.Path != p.at {
		asset, below := strings.CutPrefix(r.URL.Path, p.assets)
		if !below || asset == "index.html" {
			http.NotFound(w, r)
			return
		}
		name, lifetime = asset, "public, max-age=31536000, immutable"
	}
	file, known := p.files[name]
	if !known {
		http.NotFound(w, r)
		return
	}

	header := w.Header()
	header.Set("Content-Security-Policy", policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", lifetime)
	file().write(w, r)
}
