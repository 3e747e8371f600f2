package checkpoint

// Written reports whether a tensor was written, in this run or in the one that
// it resumes.
func (w *Writer) Written(name string) bool {
	t, ok := w.src.find(name)
	w.mu.Lock()
	defer w.mu.Unlock()
	return ok && w.written[t]
}
