// Package chat renders a chat as its model's template says: text for text what
// transformers' apply_chat_template gives with tokenize=False, to be turned into
// token ids without special tokens, which the template writes itself.
//
// The template is that of a checkpoint folder: chat_template.jinja, or the
// chat_template of tokenizer_config.json, which may be a list of named ones;
// additional_chat_templates may hold more. Of named ones it is "default", or,
// for a chat with tools, "tool_use".
//
// It knows nothing of how a template is carried out (internal/jinja), of token
// ids or of data sets.
package chat
