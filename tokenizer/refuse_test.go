package tokenizer

import (
	"strings"
	"testing"
)

// TestRefused wants whatever is not implemented to be refused by its name.
func TestRefused(t *testing.T) {
	deep := strings.Repeat(`{"type":"Sequence","normalizers":[`, 1000) + strings.Repeat(`]}`, 1000)
	for _, c := range []struct{ field, value, want string }{
		{"version", `"2.0"`, `version "2.0"`},
		{"normalizer", `{"type":"BertNormalizer"}`, "normalizer BertNormalizer is not implemented"},
		{"normalizer", `{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Other"}]}`, "normalizer Other is not implemented"},
		{"normalizer", `{"type":"Precompiled","precompiled_charsmap":"AAAA"}`, "its precompiled_charsmap is damaged"},
		{"normalizer", `{"type":"Precompiled","precompiled_charsmap":"?"}`, "normalizer Precompiled: "},
		{"normalizer", `{"type":"Precompiled","precompiled_charsmap":"////////////////"}`, "its precompiled_charsmap is damaged"},
		{"normalizer", deep, "normalizer nested more than 32 deep is not implemented"},
		{"normalizer", `{"type":"Replace","pattern":{"Regex":"a$"},"content":""}`, "with an anchor"},
		{"normalizer", `{"type":"Replace","pattern":{"String":""},"content":""}`, "Replace with an empty pattern"},
		{"normalizer", `{"type":"Prepend","prepend":"_","where":"end"}`, `normalizer Prepend: json: unknown field "where"`},
		{"normalizer", `[]`, "normalizer: json: "},
		{"normalizer", `{}`, "normalizer has no type"},
		{"pre_tokenizer", `{"type":"UnicodeScripts"}`, "pre-tokenizer UnicodeScripts is not implemented"},
		{"pre_tokenizer", `{"type":"CharDelimiterSplit","delimiter":"ab"}`, "a delimiter that is not one character"},
		{"pre_tokenizer", `{"type":"Punctuation","behavior":"Doubled"}`, `Punctuation with behavior "Doubled"`},
		{"pre_tokenizer", `{"type":"Split","pattern":{"String":"a"},"behavior":"Doubled","invert":false}`, `behavior "Doubled"`},
		{"pre_tokenizer", `{"type":"Split","pattern":{"Regex":"^a"},"behavior":"Isolated","invert":false}`, `"^a" with an anchor`},
		{"pre_tokenizer", `{"type":"Metaspace","replacement":"__"}`, "a replacement that is not one character"},
		{"pre_tokenizer", `{"type":"Metaspace","replacement":"_","prepend_scheme":"last"}`, "prepend_scheme last"},
		{"post_processor", `{"type":"BertProcessing","sep":["a",1],"cls":["b"]}`, "a special token is a string and an id"},
		{"post_processor", `{"type":"Other"}`, "post-processor Other is not implemented"},
		{"post_processor", `{"type":"TemplateProcessing","single":[{"Sequence":{"id":"B","type_id":0}}],"pair":[],"special_tokens":{}}`, "a piece other than"},
		{"post_processor", `{"type":"TemplateProcessing","single":[],"pair":[],"special_tokens":{}}`, "the text 0 times"},
		{"post_processor", `{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"x","type_id":0}}],"pair":[],"special_tokens":{}}`, `"x" without defining it`},
		{"decoder", `{"type":"Replace","x":1}`, "decoder Replace: json: "},
		{"decoder", `{"type":[]}`, "decoder: json: "},
		{"model", `{"type":"Unigram","vocab":[["a",-1.5]]}`, "model Unigram without an unk_id is not implemented"},
		{"model", `{"type":"Unigram","unk_id":1,"vocab":[["a",-1.5]]}`, "the unk_id 1 is not in the vocabulary"},
		{"model", `{"type":"Unigram","unk_id":-1,"vocab":[["a",-1.5]]}`, "the unk_id -1 is not in the vocabulary"},
		{"model", `{"type":"Unigram","unk_id":0,"vocab":[]}`, "the model has no vocabulary"},
		{"model", `{"type":"Unigram","unk_id":0,"vocab":[["a"]]}`, "a string and a score"},
		{"model", `{"type":"Unigram","unk_id":0,"vocab":{"a":0}}`, "model Unigram: json: "},
		{"model", `{"type":"Unigram","unk_id":0,"vocab":[["a",1e999]]}`, "model Unigram: json: "},
		{"model", `{"type":"Unigram","unk_id":0,"vocab":[["a",0]],"alpha":1}`, `unknown field "alpha"`},
		{"model", `{"type":"Unigram","unk_id":0,"vocab":[["` + strings.Repeat("a", 513) + `",0]]}`, "is longer than 512 bytes"},
		{"model", `{"type":"WordPiece","vocab":{"a":0}}`, "model WordPiece is not implemented"},
		{"model", `{"type":"BPE","dropout":0.1,"vocab":{"a":0},"merges":[]}`, "BPE with dropout"},
		{"model", `{"type":"BPE","end_of_word_suffix":"</w>","vocab":{"a":0},"merges":[]}`, "BPE with end_of_word_suffix"},
		{"model", `{"type":"BPE","continuing_subword_prefix":"##","vocab":{"a":0},"merges":[]}`, "BPE with continuing_subword_prefix"},
		{"model", `{"type":"BPE","vocab":{"a":0,"b":0},"merges":[]}`, `tokens "a" and "b" have the same id 0`},
		{"model", `{"type":"BPE","vocab":{"a":-1},"merges":[]}`, `token "a" has the id -1`},
		{"model", `{"type":"BPE","vocab":{"a":5000000000},"merges":[]}`, `token "a" has the id 5000000000`},
		{"model", `{"type":"BPE","vocab":{"a":0},"merges":["a a"]}`, `merge 1 ("a", "a") needs the token "aa"`},
		{"model", `{"type":"BPE","vocab":{"a":0},"merges":["a"]}`, `the merge "a" is not two tokens`},
		{"model", `{"type":"BPE","vocab":{"a":0},"merges":[["a"]]}`, "a merge joins two tokens, not 1"},
		{"model", `{"type":"BPE","unk_token":"u","vocab":{"a":0},"merges":[]}`, `the unknown token "u" is not in the vocabulary`},
		{"model", `null`, "the model has no vocabulary"},
	} {
		file := map[string]string{"version": `"1.0"`, "model": `{"type":"BPE","vocab":{"a":0},"merges":[]}`}
		file[c.field] = c.value
		var fields []string
		for k, v := range file {
			fields = append(fields, `"`+k+`":`+v)
		}
		_, err := parse([]byte("{"+strings.Join(fields, ",")+"}"), settings{})
		if err == nil || !strings.HasPrefix(err.Error(), "tokenizer: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s: the error is %v, want %q in it", c.field, c.value, err, c.want)
		}
	}
	for _, data := range []string{"", "{", "[1]", "{\"version\":\"\xff\"}"} {
		if _, err := parse([]byte(data), settings{}); err == nil {
			t.Errorf("parse(%q) gives no error", data)
		}
	}
}

// TestPatterns wants every construct that Oniguruma and regexp2 read
// differently to be refused.
func TestPatterns(t *testing.T) {
	for pattern, want := range map[string]string{
		`a$`:               "an anchor",
		`\w+`:              `\w`,
		`\bx`:              `\b`,
		`\h`:               `\h`,
		`\1`:               `\1`,
		`[[:alpha:]]`:      "a class in a class",
		`[a[^b]]`:          "a class in a class",
		`[[a]-z]`:          "a range that begins with a set",
		`[a&&b]`:           "an intersection of classes",
		`[a[b&&c]]`:        "an intersection of classes",
		`[[a]`:             "lacks its ]",
		`[]a]`:             "a class that is empty",
		`[a`:               "lacks its ]",
		`[\s-z]`:           "a range that begins with a set",
		`[z-a]`:            "the range",
		`[a-\d]`:           "the range",
		`a++`:              "a possessive quantifier",
		`a{2}?`:            "a quantifier of a quantifier",
		`a{,2}`:            "the quantifier",
		`a{1,9999}`:        "the quantifier",
		`a{2`:              "the quantifier",
		`*a`:               "a quantifier of nothing",
		`a**`:              "a quantifier of nothing",
		`(?<n>a)`:          "(?<n",
		`(?m:a)`:           "(?m:",
		`(?i)a`:            "(?i)",
		`(?i:é)`:           "beyond ASCII",
		`(?i:ss)`:          "a ligature",
		`(?i:[a-z])`:       "whose case does not count",
		`\p{Han}`:          "general category",
		`\p{^L}`:           "general category",
		`\pL`:              "general category",
		`\`:                `a \ at its end`,
		`a)`:               "a ) too many",
		`(a`:               "lacks a )",
		`(?i:(?:x)y`:       "lacks a )",
		`[a-[b]]`:          "a range that ends with a class",
		`x(?`:              "(?",
		`(?#comment)`:      "(?#c",
		`a|{1}`:            "a quantifier of nothing",
		`(?i:` + "\u212a)": "beyond ASCII",
	} {
		if got, err := translate(pattern); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("translate(%q) = %q, %v, want %q in an error", pattern, got, err, want)
		}
	}
}
