"""The texts of make_classes.py, make_unigram.py and make_gguf.py: many scripts,
and what tokenizers treat each in its own way. No character that was assigned
after Unicode 9 but where it does not matter: versions of the libraries differ.
"""
TEXTS = [
    "", " ", "  \n ", "The quick brown fox doesn't jump over the lazy dog; they'll say 'twas 56.7% of 1,234 (x = y**2).",
    "  two leading spaces, two trailing  ", "runs  of   spaces\tand\t\ttabs\n\n\nand lines\r\nof Windows\r", "I'LL THEY'VE it'S don'T 'd 'S",
    "def prune(w, h):\n    return w * mask  # comment\n\n\tif x[i]!=0: y+=1;", '{"key": [1, 2.5e-3, null], "k2": "v\\n"}',
    "Größenwahn über Äpfel, naïve café, señor, œuvre, Łódź, İstanbul ıssız, ẞ",
    "cafe\u0301 e\u0301\u0323 A\u030a \u212b o\u0308\u0304 \u0301alone", "Привет, мир! Съешь же ещё этих мягких французских булок.",
    "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία. ΑΣ Ὀδυσσεύς", "مرحبا بالعالم، كيف الحال؟ ١٢٣ العَرَبِيَّة ﷺ", "שלום עולם! בְּרֵאשִׁית בָּרָא",
    "हिन्दी में क्षत्रिय ज्ञान १२३ कर्म।", "ภาษาไทยไม่มีช่องว่าง ๑๒๓ น้ำ", "தமிழ் மொழி ௧௨ வணக்கம்", "日本語のテキスト、中文文本。全角ＡＢＣ１２３！？",
    "ｶﾀｶﾅ ﾊﾟ ㌔ ㍿ が か\u3099", "한국어 텍스트 가\u11a8 \u1112\u1161\u11ab", "🙂🙃 👩\u200d👩\u200d👧\u200d👦 👍🏽 🇩🇪🇫🇷 ❤\ufe0f",
    "ﬁne ﬂuid ① ½ ² Ⅷ ㎏ ™ … — – ‘x’ “y”", "\u00a0nbsp\u00a0 \u3000ideographic\u2003em\u2028line\u2029par\u0085nel\u200bzwsp\ufeffbom",
    "null\x00 bell\x07 esc\x1b[0m del\x7f c1\x8f", "1 12 123 1234 12345 1.2.3 ٣٤ ½1", "a_b __init__ a-b --flag $VAR €5 a@b.c #tag ~/x^y|z\\",
    "hello<s>world</s> <unk> <pad>x<|endoftext|> <0x41> <bos>a", " the</s>  <s> the ▁the ▁▁ ĠtheĊ <mask><sep>", "!!! ??? ... ,,, ;;; ((( [[[ }}} \"\"\" '''",
    "thethethe otherothers weightsweight prunedpruning", "A", "a" * 70, "日" * 30, "é" * 20, "x\u0301\u0302\u0303\u0304\u0305" * 3, "\u200d\u200d \u0301\u0302 \u0600a \u0e33",
    "ნ ქართული Հայերեն አማርኛ ꦗꦮ မြန်မာ ខ្មែរ ལྷ་ས", "Mixed: Привет world 你好 αβγ ١٢ 🙂 end.", "line one\nline two\n\n- item *bold* `code` [link](http://a.b/c?d=e&f=1)\n",
]
