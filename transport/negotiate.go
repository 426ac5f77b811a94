package transport

import (
	"mime"
	"strconv"
	"strings"
	"sync"

	"bff/stream"
)

// The media types of answers. The older one, application/json, answers 200 to every well-formed request.
const (
	mediaResponse = "application/graphql-response+json"
	mediaJSON     = "application/json"
)

// acceptable is what Accept headers have been found to mean. Clients send few different ones, and reading one costs as much
// as a small operation.
type acceptable struct {
	mu    sync.RWMutex
	known map[string]accepted
}

// accepted is what one Accept header means.
type accepted struct {
	media string
	ok    bool
}

const (
	maxAccepts      = 1000 // headers that are remembered
	maxAcceptLength = 256  // bytes of a header that is
)

// media is negotiate for the headers of a request.
func (a *acceptable) media(accept []string) (media string, ok bool) {
	if len(accept) != 1 || len(accept[0]) > maxAcceptLength {
		return negotiate(accept)
	}
	a.mu.RLock()
	found, known := a.known[accept[0]]
	a.mu.RUnlock()
	if known {
		return found.media, found.ok
	}
	found.media, found.ok = negotiate(accept)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.known == nil || len(a.known) >= maxAccepts {
		a.known = map[string]accepted{}
	}
	a.known[strings.Clone(accept[0])] = found
	return found.media, found.ok
}

// negotiate chooses the media type of the answer by the Accept header: the one with the higher quality, the newer one
// if they are equal. A client that accepts anything gets application/json. ok is false if it accepts neither.
func negotiate(accept []string) (media string, ok bool) {
	if len(accept) == 0 || strings.TrimSpace(strings.Join(accept, "")) == "" {
		return mediaJSON, true
	}

	newer, older := quality(accept, mediaResponse), quality(accept, mediaJSON)
	switch {
	case newer.q <= 0 && older.q <= 0:
		return "", false
	case newer.q > older.q:
		return mediaResponse, true
	case newer.q == older.q && newer.exact:
		return mediaResponse, true
	default:
		return mediaJSON, true
	}
}

// batchFraming chooses how the answers to several operations follow each other: the way with the highest quality; if
// several have it, lines, then an array (nil), then parts, then events. ok is false if the client accepts none.
func batchFraming(accept []string) (_ *stream.Framing, ok bool) {
	best, found := 0.0, false
	var chosen *stream.Framing
	offer := func(media string, f *stream.Framing, exactly bool) {
		w := quality(accept, media)
		if w.q > best && (w.exact || !exactly) {
			best, found, chosen = w.q, true, f
		}
	}
	newer, older := stream.Lines(mediaLines), stream.Lines(mediaAnyLines)
	multipart, sse := stream.Parts(""), stream.Events()
	offer(mediaLines, &newer, true)
	offer(mediaAnyLines, &older, true)
	if _, plain := negotiate(accept); plain {
		offer(mediaResponse, nil, false)
		offer(mediaJSON, nil, false)
		if len(accept) == 0 {
			return nil, true
		}
	}
	offer(mediaParts, &multipart, true)
	offer(mediaEvents, &sse, true)
	return chosen, found
}

type weight struct {
	q     float64
	exact bool // the type itself is named, not a range that holds it
}

// quality returns how welcome a media type is: the weight of the most specific range that holds it (RFC 9110, 12.5.1).
func quality(accept []string, media string) weight {
	var best weight
	specificity := -1
	for _, header := range accept {
		for element := range strings.SplitSeq(header, ",") {
			name, params, err := mime.ParseMediaType(element)
			if err != nil || !utf8Only(params) {
				continue
			}
			s := specific(name, media)
			if s <= specificity {
				continue
			}
			specificity = s
			best = weight{q: qualityOf(params), exact: name == media}
		}
	}
	return best
}

// specific ranks how closely a range names a media type; -1 if it does not hold it.
func specific(name, media string) int {
	switch name {
	case media:
		return 2
	case media[:strings.IndexByte(media, '/')] + "/*":
		return 1
	case "*/*":
		return 0
	default:
		return -1
	}
}

func qualityOf(params map[string]string) float64 {
	text, given := params["q"]
	if !given {
		return 1
	}
	q, err := strconv.ParseFloat(text, 64)
	if err != nil || q < 0 || q > 1 {
		return 0
	}
	return q
}

// utf8Only says whether the charset, if one is named, is the one that JSON has.
func utf8Only(params map[string]string) bool {
	charset, given := params["charset"]
	return !given || strings.EqualFold(charset, "utf-8")
}
