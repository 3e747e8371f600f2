package checkpoint

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// slot is where a tensor goes in the output.
type slot struct {
	tensor *tensor
	dtype  DType
	off    int64 // in the shard's file
	size   int64
}

// outShard is a file of the output.
type outShard struct {
	name  string
	head  []byte // everything before the first tensor
	size  int64
	slots []*slot
}

// maxShard is what transformers' save_pretrained splits at. An input in one
// file stays in one up to this size.
const maxShard = 5 << 30

// layOut plans the output's files. The shards are the input's with their
// names, unless a wider dtype would make one larger than the largest of the
// input: then the tensors are dealt out anew, in the same order.
func layOut(src *Checkpoint, dtype DType) ([]*outShard, error) {
	if dtype != 0 {
		if _, err := withDType(src.config, dtype); err != nil {
			return nil, err // now rather than when all is done
		}
	}
	var shards []*outShard
	var limit, largest int64
	if len(src.shards) == 1 {
		limit = maxShard
	}
	var metadata [][2]string
	for i, in := range src.shards {
		out := &outShard{name: outName(in.file.path, i, len(src.shards))}
		limit = max(limit, in.file.size)
		var size int64
		same := in.header != nil
		for _, t := range in.tensors {
			s := &slot{tensor: t, dtype: t.storedAs(dtype)}
			same = same && s.dtype == t.dtype
			s.size = int64(t.elements()) * s.dtype.Size()
			size += s.size
			out.slots = append(out.slots, s)
		}
		if same { // byte for byte what the input has, alignment and all
			out.head = binary.LittleEndian.AppendUint64(nil, uint64(len(in.header)))
			out.head = append(out.head, in.header...)
		}
		largest = max(largest, size)
		shards = append(shards, out)
		for _, m := range in.metadata {
			if !slices.ContainsFunc(metadata, func(o [2]string) bool { return o[0] == m[0] }) {
				metadata = append(metadata, m)
			}
		}
	}
	if largest > limit {
		shards = deal(shards, limit, len(jsonText(metadataObject(metadata))))
	}
	for i, out := range shards {
		if out.head == nil {
			meta := metadata
			if largest <= limit {
				meta = src.shards[i].metadata
			}
			if meta == nil {
				meta = [][2]string{{"format", "pt"}}
			}
			if err := out.makeHead(meta); err != nil {
				return nil, err
			}
		}
		out.place()
	}
	return shards, nil
}

// place puts the slots one after another, behind the header.
func (o *outShard) place() {
	o.size = int64(len(o.head))
	for _, s := range o.slots {
		s.off = o.size
		o.size += s.size
	}
}

// deal fills shards one after the other with the slots, none larger than limit
// unless one tensor is.
func deal(in []*outShard, limit int64, metadata int) []*outShard {
	var out []*outShard
	base := int64(metadata) + 64
	size := base
	for _, shard := range in {
		for _, s := range shard.slots {
			// an upper bound of its header entry
			entry := int64(len(jsonText(s.tensor.name)) + 128 + 20*len(s.tensor.shape))
			if len(out) == 0 || size+entry+s.size > limit && len(out[len(out)-1].slots) > 0 {
				out = append(out, &outShard{})
				size = base
			}
			last := out[len(out)-1]
			last.slots = append(last.slots, s)
			size += entry + s.size
		}
	}
	for i, o := range out {
		o.name = shardName(i, len(out))
	}
	return out
}

// outName names the output of an input file.
func outName(path string, i, n int) string {
	name := filepath.Base(path)
	switch {
	case n == 1:
		return "model.safetensors"
	case strings.HasSuffix(name, ".safetensors"):
		return name
	}
	return shardName(i, n)
}

func shardName(i, n int) string {
	if n == 1 {
		return "model.safetensors"
	}
	return fmt.Sprintf("model-%05d-of-%05d.safetensors", i+1, n)
}

// makeHead writes the header for the slots in their order, padded with spaces
// such that the first tensor is aligned to 8 bytes.
func (o *outShard) makeHead(metadata [][2]string) error {
	var b bytes.Buffer
	b.Write(make([]byte, 8))
	b.WriteString(`{"__metadata__":`)
	b.Write(metadataObject(metadata))
	var off int64
	for _, s := range o.slots {
		writeEntry(&b, s.tensor.name, s.dtype, s.tensor.shape, off, s.size)
		off += s.size
	}
	b.WriteByte('}')
	for b.Len()%8 != 0 {
		b.WriteByte(' ')
	}
	o.head = b.Bytes()
	n := len(o.head) - 8
	if n > maxHeader {
		return fmt.Errorf("checkpoint: header of %s would have %d bytes, beyond the format's limit", o.name, n)
	}
	binary.LittleEndian.PutUint64(o.head, uint64(n))
	return nil
}

// writeEntry adds a tensor, of size bytes from off on, to a header.
func writeEntry(b *bytes.Buffer, name string, d DType, shape []int, off, size int64) {
	if shape == nil {
		shape = []int{}
	}
	fmt.Fprintf(b, `,%s:{"dtype":%s,"shape":%s,"data_offsets":[%d,%d]}`,
		jsonText(name), jsonText(d.String()), jsonText(shape), off, off+size)
}

// indexJSON is model.safetensors.index.json for several shards. old is the
// input's metadata object, kept but for the size.
func indexJSON(shards []*outShard, old json.RawMessage) ([]byte, error) {
	metadata := map[string]json.RawMessage{}
	if old != nil {
		if err := json.Unmarshal(old, &metadata); err != nil {
			return nil, fmt.Errorf("checkpoint: the index's metadata is no object: %w", err)
		}
		if metadata == nil {
			metadata = map[string]json.RawMessage{}
		}
	}
	var total int64
	files := map[string]string{}
	for _, o := range shards {
		for _, s := range o.slots {
			files[s.tensor.name] = o.name
			total += s.size
		}
	}
	metadata["total_size"] = jsonText(total)
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(struct {
		Metadata  map[string]json.RawMessage `json:"metadata"`
		WeightMap map[string]string          `json:"weight_map"`
	}{metadata, files})
	return b.Bytes(), err
}

func metadataObject(pairs [][2]string) []byte {
	b := []byte{'{'}
	for i, p := range pairs {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, jsonText(p[0])...)
		b = append(b, ':')
		b = append(b, jsonText(p[1])...)
	}
	return append(b, '}')
}

// jsonText is v, a string, an integer or a list of integers, as compact JSON.
func jsonText(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // such values always have a text
	return bytes.TrimRight(b.Bytes(), "\n")
}
