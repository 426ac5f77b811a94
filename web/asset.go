package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// media is the types of all files there are. The system's table is not asked: another machine has another.
var media = map[string]string{
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".ttf":  "font/ttf",
	".json": "application/json",
	".svg":  "image/svg+xml",
}

// asset is a file as it travels, in one or two forms.
type asset struct {
	media         string
	plain, zipped form // zipped has no content where that would not be shorter
}

// form is one representation of an asset. Each has a tag of its own: they differ byte for byte.
type form struct {
	content []byte
	etag    string
}

func newAsset(name string, content []byte) *asset {
	a := &asset{media: media[path.Ext(name)], plain: newForm(content)}
	if a.media == "" {
		a.media = "application/octet-stream"
	}

	var zipped bytes.Buffer
	zip := gzip.NewWriter(&zipped)
	_, _ = zip.Write(content) // a buffer takes everything
	_ = zip.Close()
	if zipped.Len() < len(content) {
		a.zipped = newForm(zipped.Bytes())
	}
	return a
}

func newForm(content []byte) form {
	hash := sha256.Sum256(content)
	return form{content: content, etag: `"` + hex.EncodeToString(hash[:8]) + `"`}
}

// write sends the form the client prefers, or says that it has it.
func (a *asset) write(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Vary", "Accept-Encoding")
	chosen := a.plain
	if a.zipped.content != nil && acceptsGzip(r.Header.Get("Accept-Encoding")) {
		chosen = a.zipped
		header.Set("Content-Encoding", "gzip")
	}
	header.Set("ETag", chosen.etag)
	if strings.Contains(r.Header.Get("If-None-Match"), chosen.etag) {
		header.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}

	header.Set("Content-Type", a.media)
	header.Set("Content-Length", strconv.Itoa(len(chosen.content)))
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(chosen.content) // the client has gone: nobody is left to tell
}

// acceptsGzip reads an Accept-Encoding header. An element with a weight of zero refuses.
func acceptsGzip(header string) bool {
	for element := range strings.SplitSeq(header, ",") {
		name, weight, _ := strings.Cut(element, ";")
		if !strings.EqualFold(strings.TrimSpace(name), "gzip") {
			continue
		}
		value, weighted := strings.CutPrefix(strings.ReplaceAll(weight, " ", ""), "q=")
		q, err := strconv.ParseFloat(value, 64)
		return !weighted || (err == nil && q > 0)
	}
	return false
}
