package main

import (
	"encoding"
	"maps"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sparsellm/inspect"
	"sparsellm/job"
)

// keyRow is a row of a table of docs/json.md: a key and what it is. A key that
// ends in .* stands for all below it, which another table has.
var keyRow = regexp.MustCompile("(?m)^\\| `([^`]+)` \\| ")

// TestJSONPage holds docs/json.md to the keys that there are.
func TestJSONPage(t *testing.T) {
	_, tables, _ := strings.Cut(string(read(t, filepath.Join("..", "..", "docs", "json.md"))), "\n## ")
	documented := map[string]map[string]bool{}
	for _, section := range strings.Split(tables, "\n## ") {
		title, body, _ := strings.Cut(section, "\n")
		keys := map[string]bool{}
		for _, m := range keyRow.FindAllStringSubmatch(body, -1) {
			keys[m[1]] = true
		}
		documented[title] = keys
	}
	for title, v := range map[string]any{
		"settings": job.Settings{}, "prune": job.Result{}, "compare": job.Comparison{}, "eval": job.Evaluation{}, "generate": job.Generated{},
		"bench": job.Benchmark{}, "inspect": inspect.Model{}, "pack": job.Repacked{}, "recover": job.Recovered{}, "explain": job.Explanation{}, "plan": job.Planned{},
		"trace": job.TraceLine{}, "against": job.Distance{},
	} {
		keys := documented[title]
		if len(keys) == 0 {
			t.Errorf("there is no table of %s", title)
			continue
		}
		used := map[string]bool{}
		for _, path := range jsonPaths(reflect.TypeOf(v), "") {
			row := path
			for !keys[row] {
				i := strings.LastIndexByte(strings.TrimSuffix(row, ".*"), '.')
				if i < 0 {
					break
				}
				row = row[:i] + ".*"
			}
			if used[row] = keys[row]; !keys[row] {
				t.Errorf("%s: %s is not in the table", title, path)
			}
		}
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			if !used[key] {
				t.Errorf("%s: there is no %s", title, key)
			}
		}
	}
}

// jsonPaths returns the keys of a type's JSON, each with those above it before
// it. Lists add nothing to a path.
func jsonPaths(t reflect.Type, above string) (paths []string) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Array {
		t = t.Elem()
	}
	text := reflect.TypeFor[encoding.TextMarshaler]()
	if t.Kind() != reflect.Struct || t.Implements(text) || reflect.PointerTo(t).Implements(text) {
		return []string{strings.TrimSuffix(above, ".")}
	}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-" || !f.IsExported() && !f.Anonymous:
		case f.Anonymous && name == "":
			paths = append(paths, jsonPaths(f.Type, above)...)
		default:
			if name == "" {
				name = f.Name
			}
			paths = append(paths, jsonPaths(f.Type, above+name+".")...)
		}
	}
	return paths
}
