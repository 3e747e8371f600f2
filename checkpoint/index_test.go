package checkpoint

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestHostileIndex(t *testing.T) {
	shard := safetensors(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, "1234")
	for name, c := range map[string]struct{ index, want string }{
		"up":               {`{"weight_map":{"a":"../model-1.safetensors"}}`, "not a file name in this folder"},
		"absolute":         {`{"weight_map":{"a":"/etc/passwd"}}`, "not a file name"},
		"below":            {`{"weight_map":{"a":"x/y"}}`, "not a file name"},
		"dots":             {`{"weight_map":{"a":".."}}`, "not a file name"},
		"dot":              {`{"weight_map":{"a":"."}}`, "not a file name"},
		"empty name":       {`{"weight_map":{"a":""}}`, "not a file name"},
		"no map":           {`{"metadata":{}}`, "no weight_map"},
		"empty map":        {`{"weight_map":{}}`, "no weight_map"},
		"map of numbers":   {`{"weight_map":{"a":1}}`, "string should be"},
		"duplicate":        {`{"weight_map":{"a":"x","a":"y"}}`, "twice"},
		"two maps":         {`{"weight_map":{"a":"x"},"weight_map":{"a":"y"}}`, "twice"},
		"cut":              {`{"weight_map":{"a":"x"`, "ends in the middle"},
		"missing shard":    {`{"weight_map":{"a":"gone.safetensors"}}`, "gone.safetensors"},
		"a folder":         {`{"weight_map":{"a":"."}}`, "not a file name"},
		"tensor in two":    {`{"weight_map":{"a":"s1","b":"s2"}}`, `"a" is in`},
		"tensor in none":   {`{"weight_map":{"a":"s1","b":"s1"}}`, `no tensor "b"`},
		"tensor elsewhere": {`{"weight_map":{"a":"s3","c":"s1"}}`, `no tensor "a"`},
		"deep":             {`{"metadata":` + strings.Repeat("[", 20000), "not JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			err := openHostile(t, folder(t, map[string]string{
				"config.json": "{}", "model.safetensors.index.json": c.index, "s1": shard, "s2": shard,
				"s3": strings.Replace(shard, `"a"`, `"c"`, 1),
			}))
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v, want one line with %q", err, c.want)
			}
		})
	}
}

func FuzzIndex(f *testing.F) {
	f.Add([]byte(`{"metadata":{"total_size":1},"weight_map":{"a":"model-00001-of-00002.safetensors"}}`))
	f.Add([]byte(`{"weight_map":{"a":"../x"}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		x, err := readIndex(text)
		if err != nil {
			return
		}
		for _, name := range x.files {
			if p := filepath.Join("root", name); filepath.Dir(p) != "root" {
				t.Fatalf("%q leaves the folder", name)
			}
		}
		if _, err := indexJSON(nil, x.metadata); err != nil && !strings.Contains(err.Error(), "no object") {
			t.Fatal(err)
		}
	})
}
