package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const tiny = "org/tiny"

// check compares a downloaded folder with what the server has.
func check(t *testing.T, s *server, dir string, names ...string) {
	t.Helper()
	got := filesIn(dir)
	slices.Sort(got)
	slices.Sort(names)
	if diff := cmp.Diff(names, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	for _, name := range got {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if string(b) != s.files["models/"+tiny+"/"+name] {
			t.Errorf("%s has other contents", name)
		}
	}
}

func TestModelIsDownloadedOnce(t *testing.T) {
	s := newServer(t, model())
	s.token = "secret"
	c := s.client(t)
	c.Token = "secret"
	var last int64
	c.Progress = func(file string, done, total int64) {
		if file == "model.safetensors" && (done <= last || total != 100_000) {
			t.Errorf("progress %d of %d after %d", done, total, last)
		}
		if file == "model.safetensors" {
			last = done
		}
	}
	dir, err := c.Model(context.Background(), tiny)
	if err != nil {
		t.Fatal(err)
	}
	check(t, s, dir, "config.json", "tokenizer.json", "model.safetensors")
	if last != 100_000 {
		t.Errorf("progress ended at %d", last)
	}
	if want := filepath.Join(c.Cache, "models--org--tiny", "snapshots", commit); dir != want {
		t.Errorf("folder %s, want %s", dir, want)
	}
	target, err := os.Readlink(filepath.Join(dir, "model.safetensors"))
	if err != nil || !strings.HasPrefix(target, "../../blobs/") || len(filepath.Base(target)) != 64 {
		t.Errorf("link to %q, %v", target, err)
	}
	n := len(s.requests)
	for _, offline := range []bool{false, true} {
		c.Offline = offline
		again, err := c.Model(context.Background(), tiny)
		if err != nil || again != dir {
			t.Errorf("from the cache: %s, %v", again, err)
		}
	}
	if len(s.requests) != n {
		t.Errorf("what is cached is asked for: %v", s.requests[n:])
	}
	// A blob that is gone is fetched again, and nothing else.
	if err := os.Remove(filepath.Join(dir, target)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Model(context.Background(), tiny); !errors.Is(err, errOffline) {
		t.Errorf("offline without the weights: %v", err)
	}
	c.Offline, last = false, 0
	if _, err = c.Model(context.Background(), tiny); err != nil {
		t.Fatal(err)
	}
	check(t, s, dir, "config.json", "tokenizer.json", "model.safetensors")
}

// TestShards fetches weights in several files: those that the index names,
// whatever they are called, or, where there is none, those whose names say that
// they are all.
func TestShards(t *testing.T) {
	index := func(files ...string) string {
		of := map[string]string{}
		for i, f := range files {
			of[fmt.Sprint("tensor", i)] = f
		}
		b, err := json.Marshal(map[string]any{"weight_map": of})
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	six := []string{"model-00001-of-000002.safetensors", "model-00002-of-000002.safetensors"}
	bins := []string{"pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin"}
	odd := []string{"part-a.safetensors", "weights of layer 2.safetensors"}
	for name, c := range map[string]struct {
		index, text string   // the index's name and contents
		there       []string // besides
		want        []string // of there
		err         string
	}{
		"PyTorch":                {"pytorch_model.bin.index.json", index(bins...), bins, bins, ""},
		"six digits":             {"model.safetensors.index.json", index(six...), six, six, ""},
		"names of their own":     {"model.safetensors.index.json", index(odd...), odd, odd, ""},
		"more than it names":     {"model.safetensors.index.json", index(six...), append([]string{"model-00003-of-00004.safetensors", "consolidated.safetensors", "optimizer.bin", "pytorch_model.bin"}, six...), six, ""},
		"one file comes first":   {"model.safetensors.index.json", index(six...), append([]string{"model.safetensors"}, six...), []string{"model.safetensors"}, ""},
		"a part is missing":      {"pytorch_model.bin.index.json", index(bins...), bins[:1], nil, "lacks pytorch_model-00002-of-00002.bin, which pytorch_model.bin.index.json names: it has 1 of the 2 parts"},
		"it names a path up":     {"model.safetensors.index.json", index("../../x.safetensors"), []string{"../../x.safetensors"}, nil, "not a file name in this folder"},
		"it names a path down":   {"model.safetensors.index.json", index("sub/x.safetensors"), []string{"sub/x.safetensors"}, nil, "not a file name in this folder"},
		"it is no JSON":          {"model.safetensors.index.json", "<", six, nil, "model.safetensors.index.json that is not JSON"},
		"it is a web page":       {"model.safetensors.index.json", "<!doctype html>", six, nil, "web page"},
		"it is a pointer":        {"model.safetensors.index.json", "version https://git-lfs.github.com/spec/v1\n", six, nil, "git lfs pull"},
		"none":                   {"", "", six, six, ""},
		"none, a part missing":   {"", "", six[1:], nil, "lacks model-00001-of-000002.safetensors: it has 1 of the 2 parts"},
		"none, two sets":         {"", "", append([]string{"model-00001-of-00003.safetensors"}, six...), nil, "parts of different sets"},
		"none, PyTorch":          {"", "", bins, bins, ""},
		"an adapter":             {"", "", []string{"adapter_model.safetensors", "adapter_config.json"}, nil, "merge it into"},
		"GGUF":                   {"", "", []string{"a.Q4_0.gguf", "b.gguf"}, nil, "such as a.Q4_0.gguf, and give its path"},
		"the author's own":       {"", "", []string{"consolidated.00.pth", "params.json"}, nil, "consolidated.00.pth"},
		"of another framework":   {"", "", []string{"tf_model.h5"}, nil, "only as tf_model.h5"},
		"an unfinished download": {"", "", []string{"model.safetensors.aria2"}, nil, "has not ended"},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{"models/" + tiny + "/config.json": "{}"}
			for _, n := range c.there {
				files["models/"+tiny+"/"+n] = n
			}
			want := []string{"config.json"}
			if c.index != "" {
				files["models/"+tiny+"/"+c.index] = c.text
				if len(c.want) > 1 {
					want = append(want, c.index)
				}
			}
			s := newServer(t, files)
			client := s.client(t)
			dir, err := client.Model(context.Background(), tiny)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) || strings.Contains(err.Error(), "\n") {
					t.Errorf("%v, want one line with %q", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			check(t, s, dir, append(want, c.want...)...)
			client.Offline = true
			if again, err := client.Model(context.Background(), tiny); err != nil || again != dir {
				t.Errorf("from the cache: %s, %v", again, err)
			}
		})
	}
}

// TestNamesThatSayNothing has weights whose names cannot tell whether the cache
// has all of them: the hub is asked, unless it cannot be.
func TestNamesThatSayNothing(t *testing.T) {
	files := map[string]string{"models/" + tiny + "/config.json": "{}", "models/" + tiny + "/a.safetensors": "a", "models/" + tiny + "/b.safetensors": "b"}
	s := newServer(t, files)
	c := s.client(t)
	dir, err := c.Model(context.Background(), tiny)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "b.safetensors")); err != nil {
		t.Fatal(err)
	}
	if dir, err = c.Model(context.Background(), tiny); err != nil {
		t.Fatal(err)
	}
	check(t, s, dir, "config.json", "a.safetensors", "b.safetensors")
	c.Offline = true
	if again, err := c.Model(context.Background(), tiny); err != nil || again != dir {
		t.Errorf("from the cache: %s, %v", again, err)
	}
}

// TestFilesBesideWeights fetches what a tokenizer and a licence consist of, as
// a prune's output has them, and nothing else.
func TestFilesBesideWeights(t *testing.T) {
	want := []string{
		"config.json", "model.safetensors", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "tokenizer.model",
		"spiece.model", "vocab.json", "vocab.txt", "merges.txt", "special_tokens_map.json", "added_tokens.json", "chat_template.jinja",
		"chat_template.json", "additional_chat_templates/tool_use.jinja", "additional_chat_templates/rag.jinja", "modeling_own.py",
		"LICENSE.txt", "license", "NOTICE", "USE_POLICY.md", "preprocessor_config.json", "processor_config.json", "tokenizer.model.v3", "qwen.tiktoken",
	}
	files := map[string]string{}
	for _, n := range append([]string{"README.md", "training_args.bin", "optimizer.pt", "original/tokenizer.model", "additional_chat_templates/a/b.jinja", "sub/LICENSE", "onnx/model.onnx"}, want...) {
		files["models/"+tiny+"/"+n] = n
	}
	s := newServer(t, files)
	dir, err := s.client(t).Model(context.Background(), tiny)
	if err != nil {
		t.Fatal(err)
	}
	check(t, s, dir, want...)
}

func TestFaultsThatPass(t *testing.T) {
	weights := "/models/" + tiny + "/model.safetensors"
	for name, c := range map[string]struct {
		fault func(n int, w http.ResponseWriter, r *http.Request) bool
		want  string // among the requests
	}{
		"cut connection": {func(n int, w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != weights || n > 3 {
				return false
			}
			part := strings.TrimPrefix(r.Header.Get("Range"), "bytes=")
			var from int
			fmt.Sscanf(part, "%d-", &from)
			w.Header().Set("Content-Length", fmt.Sprint(100_000-from))
			if from > 0 {
				w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-99999/100000", from))
				w.WriteHeader(http.StatusPartialContent)
			}
			w.Write([]byte(model()["models/"+tiny+"/model.safetensors"][from : from+20_000]))
			panic(http.ErrAbortHandler)
		}, "STORE bytes=60000-"},
		"stalled connection": {func(n int, w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != weights || n > 1 {
				return false
			}
			w.Header().Set("Content-Length", "100000")
			w.Write(make([]byte, 0))
			w.(http.Flusher).Flush()
			<-r.Context().Done()
			return true
		}, "STORE "},
		"429": {func(n int, w http.ResponseWriter, r *http.Request) bool {
			if n > 2 {
				return false
			}
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusTooManyRequests)
			return true
		}, ""},
		"503": {func(n int, w http.ResponseWriter, r *http.Request) bool {
			if n > 2 {
				return false
			}
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		}, ""},
		"refused connection": {func(n int, w http.ResponseWriter, r *http.Request) bool {
			if n > 2 {
				return false
			}
			panic(http.ErrAbortHandler)
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, model())
			s.fault = c.fault
			client := s.client(t)
			if name == "stalled connection" { // others may just be slow, on a busy machine
				client.stall = 100 * time.Millisecond
			}
			dir, err := client.Model(context.Background(), tiny)
			if err != nil {
				t.Fatal(err)
			}
			check(t, s, dir, "config.json", "tokenizer.json", "model.safetensors")
			if c.want != "" && !slices.Contains(s.requests, c.want) {
				t.Errorf("no %q among %q", c.want, s.requests)
			}
		})
	}
}

func TestResumeOfPartialFile(t *testing.T) {
	files := model()
	whole := files["models/"+tiny+"/model.safetensors"]
	for name, c := range map[string]struct {
		partial string
		fault   func(n int, w http.ResponseWriter, r *http.Request) bool
		want    []string // of the storage
		err     error
	}{
		"some":           {whole[:70_000], nil, []string{"STORE bytes=70000-"}, nil},
		"all":            {whole, nil, nil, nil},
		"more than all":  {whole + "x", nil, []string{"STORE "}, nil},
		"something else": {strings.Repeat("x", 500), nil, []string{"STORE bytes=500-"}, errDamaged},
		"ranges unknown": {whole[:70_000], func(n int, w http.ResponseWriter, r *http.Request) bool {
			r.Header.Del("Range")
			return false
		}, []string{"STORE bytes=70000-"}, nil},
		"range refused": {whole[:70_000], func(n int, w http.ResponseWriter, r *http.Request) bool {
			if r.Header.Get("Range") != "" && strings.HasPrefix(r.URL.Path, "/models/") {
				w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
				return true
			}
			return false
		}, []string{"STORE bytes=70000-", "STORE "}, nil},
		"another range": {whole[:70_000], func(n int, w http.ResponseWriter, r *http.Request) bool {
			if r.Header.Get("Range") != "" {
				r.Header.Set("Range", "bytes=60000-")
			}
			return false
		}, []string{"STORE bytes=70000-", "STORE "}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, files)
			s.fault = c.fault
			client := s.client(t)
			blobs := filepath.Join(client.Cache, "models--org--tiny", "blobs")
			if err := os.MkdirAll(blobs, 0o755); err != nil {
				t.Fatal(err)
			}
			etag, _, err := client.metadata(context.Background(), s.URL+"/"+tiny+"/resolve/"+commit+"/model.safetensors", "it")
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(blobs, etag+".incomplete"), []byte(c.partial), 0o644); err != nil {
				t.Fatal(err)
			}
			dir, err := client.Model(context.Background(), tiny)
			var stored []string
			for _, r := range s.requests {
				if strings.HasPrefix(r, "STORE") {
					stored = append(stored, r)
				}
			}
			if diff := cmp.Diff(c.want, stored, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
			if !errors.Is(err, c.err) {
				t.Fatalf("%v, want %v", err, c.err)
			}
			if err != nil { // and the next one begins anew
				dir, err = client.Model(context.Background(), tiny)
			}
			if err != nil {
				t.Fatal(err)
			}
			check(t, s, dir, "config.json", "tokenizer.json", "model.safetensors")
		})
	}
}

func TestFaultsThatStay(t *testing.T) {
	status := func(code int, only string) func(int, http.ResponseWriter, *http.Request) bool {
		return func(n int, w http.ResponseWriter, r *http.Request) bool {
			if only != "" && !strings.HasSuffix(r.URL.Path, only) {
				return false
			}
			w.WriteHeader(code)
			return true
		}
	}
	answer := func(only, text string) func(int, http.ResponseWriter, *http.Request) bool {
		return func(n int, w http.ResponseWriter, r *http.Request) bool {
			if !strings.Contains(r.URL.Path, only) || r.Method == http.MethodHead {
				return false
			}
			w.Write([]byte(text))
			return true
		}
	}
	header := func(key, value string) func(int, http.ResponseWriter, *http.Request) bool {
		return func(n int, w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodHead {
				return false
			}
			w.Header().Set("Etag", `"`+strings.Repeat("a", 40)+`"`)
			w.Header().Set("Content-Length", "20")
			w.Header().Set(key, value)
			return true
		}
	}
	for name, c := range map[string]struct {
		fault func(int, http.ResponseWriter, *http.Request) bool
		token string
		is    error
		want  string
	}{
		"401 without a token": {status(401, ""), "", errDenied, "set HF_TOKEN"},
		"401 with a token":    {status(401, ""), "x", errDenied, "may not read it"},
		"403":                 {status(403, "model.safetensors"), "x", errDenied, "granted access"},
		"404":                 {status(404, ""), "", errNotFound, "org/tiny is not on"},
		"404 of a file":       {status(404, "tokenizer.json"), "", errNotFound, "org/tiny/tokenizer.json is not on"},
		"418":                 {status(418, ""), "", nil, "418"},
		"429 for ever":        {status(429, ""), "", nil, "429"},
		"500 for ever":        {status(500, ""), "", nil, "500"},
		"no JSON":             {answer("/api/", "<html>"), "", nil, "damaged"},
		"another JSON":        {answer("/api/", "{}"), "", nil, "no commit"},
		"commit is a path":    {answer("/api/", `{"sha":"../../../../x","siblings":[]}`), "", nil, "no commit"},
		"no files":            {answer("/api/", `{"sha":"`+commit+`"}`), "", nil, "no config.json"},
		"no weights":          {answer("/api/", `{"sha":"`+commit+`","siblings":[{"rfilename":"config.json"}]}`), "", nil, "no weights"},
		"other contents":      {answer("model.safetensors", strings.Repeat("x", 100_000)), "", errDamaged, "checksum"},
		"shorter":             {answer("model.safetensors", "xxx"), "", errDamaged, "3 bytes where the hub says 100000"},
		"longer": {func(n int, w http.ResponseWriter, r *http.Request) bool {
			if !strings.HasSuffix(r.URL.Path, "model.safetensors") || r.Method == http.MethodHead {
				return false
			}
			w.(http.Flusher).Flush() // no Content-Length
			w.Write(make([]byte, 200_000))
			return true
		}, "", errDamaged, "longer than the 100000 bytes"},
		"etag is a path":  {header("Etag", `"../../x"`), "", nil, "no checksum"},
		"etag is missing": {header("Etag", ""), "", nil, "no checksum"},
		"no length":       {header("X-Linked-Size", "-5"), "", nil, "no length"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, model())
			s.fault = c.fault
			client := s.client(t)
			client.Token = c.token
			_, err := client.Model(context.Background(), tiny)
			if err == nil || c.is != nil && !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v, want one line with %q", err, c.want)
			}
			if dir, ok := client.cached(repo{"models", tiny, "main"}); ok {
				t.Errorf("a failed download left a reference to %s", dir)
			}
		})
	}
}

func TestNamesThatLeaveTheFolder(t *testing.T) {
	for _, name := range []string{"../x", "/etc/passwd", "a/../../x", "a\\..\\x", "c:x", "..", ".", "", "a//b", "a/./b"} {
		if isLocal(name) {
			t.Errorf("%q passes", name)
		}
	}
	s := newServer(t, model())
	c := s.client(t)
	err := c.file(context.Background(), repo{"models", tiny, "main"}, commit, "../../../../x")
	if err == nil || !strings.Contains(err.Error(), "leads out") || len(s.requests) > 0 {
		t.Errorf("%v after %v", err, s.requests)
	}
}

func TestOfflineNeverAsks(t *testing.T) {
	s := newServer(t, model())
	c := s.client(t)
	c.Offline = true
	if _, err := c.Model(context.Background(), tiny); !errors.Is(err, errOffline) {
		t.Errorf("%v", err)
	}
	if len(s.requests) > 0 {
		t.Errorf("asked %v", s.requests)
	}
}

func TestUnreachable(t *testing.T) {
	s := newServer(t, model())
	c := s.client(t)
	s.Close()
	_, err := c.Model(context.Background(), tiny)
	if err == nil || !strings.Contains(err.Error(), "cannot be reached") {
		t.Errorf("%v", err)
	}
}

func TestCancelled(t *testing.T) {
	s := newServer(t, model())
	ctx, cancel := context.WithCancel(context.Background())
	c := s.client(t)
	c.Progress = func(file string, done, total int64) { cancel() }
	if _, err := c.Model(ctx, tiny); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestIsID(t *testing.T) {
	for s, want := range map[string]bool{
		"facebook/opt-125m": true, "meta-llama/Llama-3.2-1B": true, "a/b": true,
		"opt-125m": false, "./model": false, "../model": false, "/a/b": false, "a/b/c": false, "a/": false,
		"a/..": false, "a/b..c": false, "a--b/c": false, "a/b c": false, "~/model": false,
	} {
		if IsID(s) != want {
			t.Errorf("%q: %v", s, !want)
		}
	}
}

func TestFromEnv(t *testing.T) {
	home := t.TempDir()
	for _, k := range []string{"HF_ENDPOINT", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME", "HF_TOKEN", "HF_TOKEN_PATH", "HF_HUB_OFFLINE"} {
		t.Setenv(k, "")
	}
	t.Setenv("HF_HOME", home)
	if err := os.WriteFile(filepath.Join(home, "token"), []byte("stored\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := FromEnv()
	if err != nil || c.Endpoint != "https://huggingface.co" || c.Cache != filepath.Join(home, "hub") || c.Token != "stored" || c.Offline {
		t.Errorf("%+v, %v", c, err)
	}
	t.Setenv("HF_ENDPOINT", "http://mirror.example/")
	t.Setenv("HF_HUB_CACHE", "/cache")
	t.Setenv("HF_TOKEN", "given")
	t.Setenv("HF_HUB_OFFLINE", "1")
	c, err = FromEnv()
	if err != nil || c.Endpoint != "http://mirror.example" || c.Cache != "/cache" || c.Token != "given" || !c.Offline {
		t.Errorf("%+v, %v", c, err)
	}
	t.Setenv("HF_ENDPOINT", "mirror.example")
	if _, err := FromEnv(); err == nil {
		t.Error("an endpoint without http passes")
	}
}
