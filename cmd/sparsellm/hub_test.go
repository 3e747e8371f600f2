package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha1"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// aHub serves files, by repository and name, as the Hugging Face hub does, and
// makes the environment lead there. The fault may answer a request itself. It
// returns how many requests there were.
func aHub(t *testing.T, files map[string][]byte, fault func(w http.ResponseWriter, r *http.Request) bool) *atomic.Int32 {
	t.Helper()
	const commit = "0123456789abcdef0123456789abcdef01234567"
	requests := &atomic.Int32{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		if fault != nil && fault(w, r) {
			return
		}
		if rest, ok := strings.CutPrefix(r.URL.Path, "/api/"); ok {
			id, _, _ := strings.Cut(strings.TrimPrefix(rest, "models/"), "/revision/")
			var siblings []map[string]string
			for path := range files {
				if name, ok := strings.CutPrefix(path, id+"/"); ok {
					siblings = append(siblings, map[string]string{"rfilename": name})
				}
			}
			if siblings != nil {
				_ = json.NewEncoder(w).Encode(map[string]any{"sha": commit, "siblings": siblings})
				return
			}
		}
		b, ok := files[strings.Replace(strings.TrimPrefix(r.URL.Path, "/"), "resolve/"+commit+"/", "", 1)]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Etag", fmt.Sprintf(`"%x"`, sha1.Sum(fmt.Appendf(nil, "blob %d\x00%s", len(b), b))))
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b))
	}))
	t.Cleanup(s.Close)
	for _, k := range []string{"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_TOKEN", "HF_TOKEN_PATH", "HF_HUB_OFFLINE"} {
		t.Setenv(k, "")
	}
	t.Setenv("HF_HOME", t.TempDir())
	t.Setenv("HF_ENDPOINT", s.URL)
	return requests
}

// hubFiles are a built-in model and a shard of C4.
func hubFiles(t *testing.T) map[string][]byte {
	files := map[string][]byte{}
	for _, name := range []string{"config.json", "tokenizer.json", "model.safetensors"} {
		files["org/micro/"+name] = read(t, filepath.Join(micro("opt-micro"), name))
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	for i := range 4 {
		fmt.Fprintf(z, "{\"text\":\"%s\"}\n", strings.Repeat(fmt.Sprintf("Document %d is about nothing much. ", i), 20))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	files["datasets/allenai/c4/en/c4-train.00000-of-01024.json.gz"] = b.Bytes()
	return files
}

// TestFromHub prunes a model of the hub's with a data set of the hub's: over
// the network, then from the cache, without it.
func TestFromHub(t *testing.T) {
	requests := aHub(t, hubFiles(t), nil)
	dir := t.TempDir()
	args := func(out, model string) []string {
		return pruneArgs(model, filepath.Join(dir, out), "--calib", "c4", "--quiet=false", "--method", "wanda")
	}
	o := sparse(args("first", "org/micro")...)
	if o.code != exitOK {
		t.Fatalf("exit code %d: %s", o.code, o.err)
	}
	for _, want := range []string{"downloading model.safetensors, ", "downloading tokenizer.json, ", "downloading en/c4-train.00000-of-01024.json.gz, "} {
		if !strings.Contains(o.err, want) {
			t.Errorf("standard error lacks %q: %s", want, o.err)
		}
	}
	must(t, args("local", micro("opt-micro"))...)
	sameFolder(t, filepath.Join(dir, "first"), filepath.Join(dir, "local"))
	before := requests.Load()
	t.Setenv("HF_HUB_OFFLINE", "1")
	if o = sparse(args("again", "org/micro")...); o.code != exitOK || strings.Contains(o.err, "downloading") {
		t.Errorf("from the cache: exit code %d: %s", o.code, o.err)
	}
	sameFolder(t, filepath.Join(dir, "again"), filepath.Join(dir, "first"))
	if n := requests.Load() - before; n != 0 {
		t.Errorf("%d requests of a program that is offline", n)
	}
}

// TestHubFaults wants a sentence from every fault of the hub's that stays.
func TestHubFaults(t *testing.T) {
	status := func(code int) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool { w.WriteHeader(code); return true }
	}
	content := func(text string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, "/config.json") {
				return false
			}
			_, _ = w.Write([]byte(text))
			return true
		}
	}
	config := string(hubFiles(t)["org/micro/config.json"])
	for name, c := range map[string]struct {
		model string
		fault func(http.ResponseWriter, *http.Request) bool
		want  string
	}{
		"401": {"org/micro", status(401), "does not exist or needs a login: check the name, or set HF_TOKEN"},
		"403": {"org/micro", status(403), "only for those who were granted access"},
		"404": {"org/other", nil, "org/other is not on http://127.0.0.1"},
		"long 429": {"org/micro", func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(429)
			return true
		}, `answers "429 Too Many Requests" for org/micro`},
		"too short":      {"org/micro", content("{}"), "config.json has 2 bytes where the hub says "},
		"other contents": {"org/micro", content(strings.ToUpper(config)), "has the checksum "},
		"no JSON":        {"org/micro", func(w http.ResponseWriter, r *http.Request) bool { fmt.Fprint(w, "<html>"); return true }, "listing of org/micro is damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			aHub(t, hubFiles(t), c.fault)
			out := filepath.Join(t.TempDir(), "out")
			o := sparse(pruneArgs(c.model, out)...)
			t.Log(strings.TrimSpace(o.err))
			if o.code != exitFailed || !strings.Contains(o.err, c.want) {
				t.Errorf("exit code %d: %s, want %q", o.code, o.err, c.want)
			}
			checkSentence(t, o.err)
			if _, err := os.Stat(out); err == nil {
				t.Error("an output folder is left behind")
			}
		})
	}
}
