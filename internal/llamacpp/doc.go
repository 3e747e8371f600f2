// Package llamacpp is what llama.cpp's files say of a model beside its weights: the
// metadata, of which whatever changes the model must be understood or is refused
// by name (Meta); the config.json in transformers' terms that is made of it
// (Config); the order in which tensors' rows lie (Order); and how rotary
// positions are scaled, in both terms.
//
// It knows neither the bytes of a file, which package checkpoint reads and
// writes, nor which architecture has what: their files in packages opt and llama
// say that (decoder.GGUF), and package decoder names the tensors by a model's
// Description.
package llamacpp
