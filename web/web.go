// Package web holds the pages a person looks at, built by `make web` and embedded: they need neither the internet nor
// Node to be served.
//
//	mux.Handle("/", web.Playground())
package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

//go:embed all:dist
var dist embed.FS

// policy is what the pages may load: what this server serves. The editor writes styles at run time.
const policy = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
	"font-src 'self' data:; worker-src 'self' blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// Playground returns a handler of the page at / and of its assets under /playground-assets/. Everything else is not
// found.
func Playground() http.Handler {
	return &page{files: mustSub("dist/playground"), assets: "/playground-assets/", made: map[string]*asset{}}
}

func mustSub(dir string) fs.FS {
	sub, err := fs.Sub(dist, dir)
	if err != nil {
		panic(err) // only for a path that is not valid
	}
	return sub
}

// page serves one folder of assets. Safe for concurrent use.
type page struct {
	files  fs.FS
	assets string // path prefix of the hashed assets

	mu   sync.Mutex
	made map[string]*asset // by file name: at most as many as there are files
}

// asset is a file as it travels.
type asset struct {
	plain, zipped []byte
	media, etag   string
}

// ServeHTTP answers GET and HEAD.
func (p *page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
		return
	}

	name, hashed := strings.CutPrefix(r.URL.Path, p.assets)
	if r.URL.Path == "/" {
		name, hashed = "index.html", false
	}
	if (!hashed && name != "index.html") || name == "" || (hashed && name == "index.html") {
		http.NotFound(w, r)
		return
	}
	file, err := p.load(name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	file.write(w, r, hashed)
}

func (p *page) load(name string) (*asset, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if known := p.made[name]; known != nil {
		return known, nil
	}

	plain, err := fs.ReadFile(p.files, name)
	if err != nil {
		return nil, err
	}
	var zipped bytes.Buffer
	zip := gzip.NewWriter(&zipped)
	_, _ = zip.Write(plain) // a buffer takes everything
	_ = zip.Close()
	hash := sha256.Sum256(plain)
	media := mime.TypeByExtension(path.Ext(name))
	if path.Ext(name) == ".ttf" {
		media = "font/ttf" // not every system knows it
	}
	p.made[name] = &asset{plain: plain, zipped: zipped.Bytes(), media: media, etag: `"` + hex.EncodeToString(hash[:8]) + `"`}
	return p.made[name], nil
}

// write sends the asset. A hashed name never means another content, so clients keep it; the page is asked for again.
func (a *asset) write(w http.ResponseWriter, r *http.Request, hashed bool) {
	header := w.Header()
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Security-Policy", policy)
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-cache")
	if hashed {
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	header.Set("Vary", "Accept-Encoding")
	header.Set("ETag", a.etag)
	if strings.Contains(r.Header.Get("If-None-Match"), a.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}

	body := a.plain
	if len(a.zipped) < len(a.plain) && acceptsGzip(r.Header.Get("Accept-Encoding")) {
		body = a.zipped
		header.Set("Content-Encoding", "gzip")
	}
	header.Set("Content-Type", a.media)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(body) //nolint:gosec // embedded at build time; and if the client has gone, nobody is left to tell
}

func acceptsGzip(header string) bool {
	for element := range strings.SplitSeq(header, ",") {
		name, q, _ := strings.Cut(element, ";")
		if strings.TrimSpace(name) == "gzip" {
			q = strings.ReplaceAll(q, " ", "")
			return q != "q=0" && q != "q=0.0"
		}
	}
	return false
}
