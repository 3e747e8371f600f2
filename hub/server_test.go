package hub

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const commit = "0123456789abcdef0123456789abcdef01234567"

// server speaks as much of the hub's API as the package uses: listings, and
// files that are redirected to a second host if they are in large file
// storage (here: *.safetensors, *.bin, *.parquet, *.gz).
type server struct {
	*httptest.Server
	storage *httptest.Server
	files   map[string]string // "models/org/name/config.json"
	names   []string          // in the listing besides files
	token   string            // that every request needs

	mu       sync.Mutex
	requests []string // "GET /org/name/resolve/…", of storage "STORE bytes=5-"
	// fault, if not nil, may answer a request itself, and then returns true. n
	// counts the requests to the same place.
	fault  func(n int, w http.ResponseWriter, r *http.Request) bool
	counts map[string]int
}

func newServer(t *testing.T, files map[string]string) *server {
	s := &server{files: files, counts: map[string]int{}}
	s.Server = httptest.NewServer(http.HandlerFunc(s.hub))
	s.storage = httptest.NewServer(http.HandlerFunc(s.store))
	t.Cleanup(s.Close)
	t.Cleanup(s.storage.Close)
	return s
}

func (s *server) client(t *testing.T) *Client {
	return &Client{Endpoint: s.URL, Cache: t.TempDir(), Data: t.TempDir(), patience: time.Millisecond}
}

// note records a request and says whether a fault has answered it.
func (s *server) note(what string, w http.ResponseWriter, r *http.Request) bool {
	s.mu.Lock()
	s.requests = append(s.requests, what)
	s.counts[r.Method+r.URL.Path]++
	n, fault := s.counts[r.Method+r.URL.Path], s.fault
	s.mu.Unlock()
	return fault != nil && fault(n, w, r)
}

func (s *server) hub(w http.ResponseWriter, r *http.Request) {
	if s.note(r.Method+" "+r.URL.Path, w, r) {
		return
	}
	if s.token != "" && r.Header.Get("Authorization") != "Bearer "+s.token {
		http.Error(w, "who?", http.StatusUnauthorized)
		return
	}
	if rest, ok := strings.CutPrefix(r.URL.Path, "/api/"); ok {
		id, _, _ := strings.Cut(rest, "/revision/")
		type sibling struct {
			Name string `json:"rfilename"`
		}
		var all []sibling
		for name := range s.files {
			if file, ok := strings.CutPrefix(name, id+"/"); ok {
				all = append(all, sibling{file})
			}
		}
		for _, name := range s.names {
			all = append(all, sibling{name})
		}
		if all == nil {
			http.NotFound(w, r)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"sha": commit, "siblings": all})
		return
	}
	path := strings.TrimPrefix(r.URL.Path, "/")
	if !strings.HasPrefix(path, "datasets/") {
		path = "models/" + path
	}
	name := strings.Replace(path, "/resolve/"+commit, "", 1)
	text, ok := s.files[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	for _, end := range []string{".safetensors", ".bin", ".parquet", ".gz"} {
		if strings.HasSuffix(name, end) {
			w.Header().Set("X-Linked-Etag", fmt.Sprintf(`"%x"`, sha256.Sum256([]byte(text))))
			w.Header().Set("X-Linked-Size", strconv.Itoa(len(text)))
			http.Redirect(w, r, s.storage.URL+"/"+name, http.StatusFound)
			return
		}
	}
	w.Header().Set("Etag", fmt.Sprintf(`"%x"`, sha1.Sum(fmt.Appendf(nil, "blob %d\x00%s", len(text), text))))
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(text))
}

func (s *server) store(w http.ResponseWriter, r *http.Request) {
	if s.note("STORE "+r.Header.Get("Range"), w, r) {
		return
	}
	if r.Header.Get("Authorization") != "" {
		http.Error(w, "the token is none of my business", http.StatusTeapot)
		return
	}
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(s.files[strings.TrimPrefix(r.URL.Path, "/")]))
}

// model is a small model's files, its weights 100,000 bytes.
func model() map[string]string {
	var weights strings.Builder
	for i := range 12500 {
		fmt.Fprintf(&weights, "%8d", i)
	}
	return map[string]string{
		"models/org/tiny/config.json":            `{"model_type":"opt"}`,
		"models/org/tiny/tokenizer.json":         `{}`,
		"models/org/tiny/README.md":              "not needed",
		"models/org/tiny/tf_model.h5":            "not needed",
		"models/org/tiny/pytorch_model.bin":      "not needed",
		"models/org/tiny/model.safetensors":      weights.String(),
		"models/org/tiny/onnx/model.safetensors": "not needed",
	}
}
