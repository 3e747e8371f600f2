package main

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sparsellm/job"
)

func generateArgs(more ...string) []string {
	return append([]string{"generate", "--model", micro("llama-micro"), "--max-tokens", "20"}, more...)
}

// TestGenerate has the same text continued from each place that it can be in.
func TestGenerate(t *testing.T) {
	const prompt = "Once upon a time"
	want := must(t, generateArgs("--prompt", prompt)...)
	if len(want) < 10 || !strings.HasSuffix(want, "\n") {
		t.Fatalf("the answer is %q", want)
	}
	file := write(t, filepath.Join(t.TempDir(), "prompt.txt"), prompt+"\r\n")
	for name, o := range map[string]outcome{
		"a file":         sparse(generateArgs("--prompt-file", file)...),
		"standard input": sparseOn(prompt+"\n", generateArgs()...),
		"a dash":         sparseOn("\ufeff"+prompt, generateArgs("--prompt-file", "-")...),
		"one thread":     sparse(generateArgs("--prompt", prompt, "--threads", "1")...),
		"three threads":  sparse(generateArgs("--prompt", prompt, "--threads", "3")...),
	} {
		if o.code != exitOK || o.out != want {
			t.Errorf("from %s: %+v, want %q", name, o, want)
		}
	}
	o := sparse(generateArgs("--prompt", prompt)...)
	if !strings.HasPrefix(o.err, "prompt: ") || !strings.Contains(o.err, "answer: 20 tokens") {
		t.Errorf("the summary is %q", o.err)
	}
	if o := sparse(generateArgs("--prompt", prompt, "--quiet")...); o.err != "" {
		t.Errorf("--quiet says %q", o.err)
	}
	cut := must(t, generateArgs("--prompt", prompt, "--stop", want[5:8])...)
	if i := strings.Index(want, want[5:8]); strings.TrimSuffix(cut, "\n") != strings.TrimSuffix(want[:i], "\n") {
		t.Errorf("stopped at %q of %q it is %q", want[5:8], want, cut)
	}
}

// TestGeneratePacked has packed models continue texts, the same by any number of
// threads.
func TestGeneratePacked(t *testing.T) {
	pruned := filepath.Join(t.TempDir(), "pruned")
	must(t, pruneArgs(micro("llama-micro"), pruned, "--method", "magnitude", "--pattern", "2:4")...)
	for _, values := range []string{"f16", "q8", "q4"} {
		for name, from := range map[string]string{"dense": micro("llama-micro"), "2:4": pruned} {
			dir := filepath.Join(t.TempDir(), "packed")
			must(t, "pack", from, "--out", dir, "--values", values, "--quiet")
			run := func(threads string) string {
				return must(t, "generate", "--model", dir, "--prompt", "Once upon a time", "--max-tokens", "30", "--threads", threads, "--quiet")
			}
			want := run("1")
			if len(want) < 10 || run("2") != want || run("3") != want {
				t.Errorf("%s %s: %q by one thread, %q by two", name, values, want, run("2"))
			}
		}
	}
}

// TestGenerateDrawn draws with seeds.
func TestGenerateDrawn(t *testing.T) {
	draw := func(seed string) string {
		return must(t, generateArgs("--prompt", "The", "--temperature", "1.5", "--top-p", "0.95", "--min-p", "0.01", "--seed", seed)...)
	}
	once := draw("1")
	if again := draw("1"); again != once {
		t.Error("the same seed gives two texts")
	}
	if draw("2") == once {
		t.Error("two seeds give the same text")
	}
}

func TestGenerateJSON(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.json")
	text := must(t, generateArgs("--prompt", "The", "--json", path)...)
	var r job.Generated
	readJSON(t, path, &struct {
		Settings json.RawMessage `json:"settings"`
		*job.Generated
	}{Generated: &r})
	if strings.TrimSuffix(r.Text, "\n")+"\n" != text || r.Answer.Tokens != 20 || r.Prompt.Tokens == 0 || r.End != "length" || r.PeakBytes == 0 {
		t.Errorf("%+v, and on standard output %q", r, text)
	}
	var again job.Generated
	if err := json.Unmarshal([]byte(must(t, generateArgs("--prompt", "The", "--json", "-")...)), &struct {
		Settings json.RawMessage `json:"settings"`
		*job.Generated
	}{Generated: &again}); err != nil || again.Text != r.Text {
		t.Errorf("to standard output: %v, %+v", err, again)
	}
}

func TestGenerateRefuses(t *testing.T) {
	for want, args := range map[string][]string{
		"--model is missing":          {"generate", "--prompt", "x"},
		"exclude each other":          generateArgs("--prompt", "x", "--prompt-file", "y"),
		"no such file":                generateArgs("--prompt-file", "nowhere"),
		"has no chat template":        generateArgs("--prompt", "x", "--chat"),
		"temperature of -1 cannot be": generateArgs("--prompt", "x", "--temperature", "-1"),
		"is no share of probability":  generateArgs("--prompt", "x", "--top-p", "2"),
		"--max-tokens -1 is negative": generateArgs("--prompt", "x", "--max-tokens", "-1"),
		"more than the":               generateArgs("--prompt", strings.Repeat("word ", 5000)),
		"is not UTF-8":                generateArgs("--prompt", "\xff"),
		"unexpected argument":         generateArgs("x"),
	} {
		o := sparse(args...)
		if o.code == exitOK || o.out != "" || !strings.Contains(o.err, want) || strings.Count(o.err, "\n") != 1 {
			t.Errorf("%v: %+v, want %q", args[3:], o, want)
		}
	}
}

// TestGenerateInterrupted keeps what was written.
func TestGenerateInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	var out stopAfter
	out.stop = cancel
	var errw bytes.Buffer
	done := make(chan int)
	go func() {
		done <- run(ctx, generateArgs("--prompt", "Once upon a time", "--max-tokens", "100"), strings.NewReader(""), &out, &errw)
	}()
	select {
	case code := <-done:
		if code != exitFailed || !strings.Contains(errw.String(), "interrupted; the answer stops at token 1") {
			t.Errorf("exit code %d: %s", code, errw.String())
		}
	case <-time.After(20 * time.Second):
		t.Fatal("it goes on")
	}
	if text := out.all.String(); len(text) < 2 || !strings.HasSuffix(text, "\n") {
		t.Errorf("left is %q", text)
	}
}

// stopAfter calls stop with the first write.
type stopAfter struct {
	all  bytes.Buffer
	stop func()
}

func (s *stopAfter) Write(b []byte) (int, error) {
	s.stop()
	return s.all.Write(b)
}
