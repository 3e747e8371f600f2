package chat

import (
	"errors"
	"fmt"

	"sparsellm/internal/jinja"
)

// Render returns the text of a chat, and whether today's date was asked for,
// which may be in it. messages is a JSON list of objects with a role and a
// content, and what else the template knows, or, as ShareGPT has them, with from
// and value; tools, which may be nil, a JSON list of what the model may call, or
// that list as a string.
func (t *Template) Render(messages, tools []byte) (text string, dated bool, err error) {
	return t.render(messages, tools, false)
}

// Prompt returns the text of a chat, as Render does, up to where the model is to
// answer.
func (t *Template) Prompt(messages []byte) (string, error) {
	text, _, err := t.render(messages, nil, true)
	return text, err
}

func (t *Template) render(messages, tools []byte, answer bool) (text string, dated bool, err error) {
	list, err := jinja.FromJSON(messages)
	if err != nil {
		return "", false, fmt.Errorf("the messages are no JSON: %w", err)
	}
	chat, err := normalize(list)
	if err != nil {
		return "", false, err
	}
	with, err := toolList(tools)
	if err != nil {
		return "", false, err
	}
	template := t.plain
	if with != nil {
		template = t.tools
	}
	if template == nil {
		return "", false, errors.New("the chat has no tools, and the model has a template for chats with tools alone")
	}
	names := map[string]any{
		"messages": chat, "tools": with, "documents": nil, "add_generation_prompt": answer,
		"raise_exception": jinja.Function(raise),
		"strftime_now": jinja.Function(func(a ...any) (any, error) {
			dated = true
			return strftime(now(), a...)
		}),
	}
	for role, token := range t.tokens {
		names[role] = token
	}
	text, err = template.Render(names)
	if err != nil {
		err = fmt.Errorf("the chat template refuses it: %w", err)
	}
	return text, dated, err
}

// raise is raise_exception, by which a template refuses a chat.
func raise(a ...any) (any, error) {
	if len(a) == 1 {
		if text, ok := a[0].(string); ok {
			return nil, errors.New(text)
		}
	}
	return nil, errors.New("no reason given")
}

// toolList returns the tools of a chat, nil for none.
func toolList(tools []byte) (any, error) {
	if tools == nil {
		return nil, nil
	}
	v, err := jinja.FromJSON(tools)
	if text, ok := v.(string); ok && err == nil {
		if text == "" {
			return nil, nil
		}
		v, err = jinja.FromJSON([]byte(text))
	}
	if err != nil {
		return nil, fmt.Errorf("the tools are no JSON: %w", err)
	}
	items, ok := jinja.Elements(v)
	if v != nil && !ok {
		return nil, errors.New("the tools are not a list")
	}
	if len(items) == 0 {
		return nil, nil
	}
	return v, nil
}

// speakers are the roles of those whom ShareGPT and its kin know.
var speakers = map[string]string{
	"system": "system", "human": "user", "user": "user", "tool": "tool", "observation": "tool", "function_response": "tool",
	"gpt": "assistant", "assistant": "assistant", "chatgpt": "assistant", "bing": "assistant", "bard": "assistant", "model": "assistant",
}

// reasoning are the names under which a message has what its assistant thought,
// the one that templates read first.
var reasoning = []string{"reasoning_content", "thinking", "reasoning"}

// normalize returns the messages as transformers hands them to a template.
func normalize(list any) (any, error) {
	items, ok := jinja.Elements(list)
	if !ok || len(items) == 0 {
		return nil, errors.New("the messages are not a list that holds any")
	}
	chat := make([]any, len(items))
	for i, item := range items {
		m, ok := item.(*jinja.Dict)
		if !ok {
			return nil, fmt.Errorf("message %d is not an object with a role and a content", i+1)
		}
		if m, ok = turn(m); !ok {
			return nil, fmt.Errorf("message %d is of %q, who is none of system, human, gpt and tool", i+1, fmt.Sprint(m.Get("from")))
		}
		if _, ok := m.Get("role").(string); !ok {
			return nil, fmt.Errorf("message %d has no role", i+1)
		}
		chat[i] = thinking(m)
	}
	return jinja.List(chat), nil
}

// turn returns a message without its fields that are null, and, if it has from
// and value in their place, with a role and a content; ok is whether the role is
// known.
func turn(m *jinja.Dict) (*jinja.Dict, bool) {
	out := new(jinja.Dict)
	share := m.Get("role") == nil && m.Get("from") != nil
	for _, key := range m.Keys() {
		v := m.Get(key)
		switch {
		case v == nil:
			continue
		case share && key == "from":
			from, _ := v.(string)
			role, ok := speakers[from]
			if !ok {
				return m, false
			}
			out.Set("role", role)
		case share && key == "value":
			out.Set("content", v)
		default:
			out.Set(key, v)
		}
	}
	return out, true
}

// thinking gives what an assistant thought the names that templates know it by.
func thinking(m *jinja.Dict) *jinja.Dict {
	var thought any
	for _, key := range reasoning {
		if thought = m.Get(key); thought != nil {
			break
		}
	}
	if thought == nil {
		return m
	}
	out := new(jinja.Dict)
	out.Set("thinking", thought)
	for _, key := range m.Keys() {
		out.Set(key, m.Get(key))
	}
	out.Set("reasoning_content", thought)
	return out
}
