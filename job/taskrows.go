package job

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sparsellm/calib"
	"sparsellm/hub"
	"sparsellm/likelihood"
	"sparsellm/pipeline"
	"sparsellm/tasks"
)

// TaskSettings say which tasks a model is to do, and how.
type TaskSettings struct {
	// Tasks are names of tasks, or files with the user's own.
	Tasks []string `json:"tasks,omitempty"`
	// TaskData is a folder with the rows of those with names, if not the hub's:
	// NAME.jsonl or .parquet, and NAME.train.jsonl with examples.
	TaskData string `json:"task_data,omitempty"`
	Limit    int    `json:"limit,omitempty"` // of the first documents of each; 0: all
	Shots    int    `json:"shots,omitempty"` // examples before each document
	// ShotsFrom is the file that they are the first of, of the user's own tasks.
	ShotsFrom string `json:"shots_from,omitempty"`
	tasks.Writing
}

// check says what is wrong with them, whatever the model is.
func (s *TaskSettings) check() error {
	for i, name := range s.Tasks {
		if slices.Contains(s.Tasks[:i], name) {
			return pipeline.Wrong("<tasks> has %s twice", name)
		}
		if _, err := tasks.Named(name); err != nil && !isTaskFile(name) {
			return pipeline.Wrong("<tasks>: %w", err)
		}
	}
	switch {
	case s.Limit < 0:
		return pipeline.Wrong("<limit> %d is negative", s.Limit)
	case s.Shots < 0:
		return pipeline.Wrong("<shots> %d is negative", s.Shots)
	case s.MaxTokens < 0:
		return pipeline.Wrong("<max_tokens> %d is negative", s.MaxTokens)
	}
	if len(s.Tasks) > 0 {
		return nil
	}
	for _, set := range []struct {
		name  string
		given bool
	}{
		{"task_data", s.TaskData != ""}, {"limit", s.Limit != 0}, {"shots", s.Shots != 0}, {"shots_from", s.ShotsFrom != ""},
		{"template", s.Template != ""}, {"stop", s.Stop != nil}, {"max_tokens", s.MaxTokens != 0},
	} {
		if set.given {
			return pipeline.Wrong("<%s> goes with <tasks> only", set.name)
		}
	}
	return nil
}

// isTaskFile says whether a task is a file rather than a name.
func isTaskFile(name string) bool {
	if filepath.Ext(name) != "" || strings.ContainsRune(name, filepath.Separator) {
		return true
	}
	_, err := os.Stat(name)
	return err == nil
}

// asking is a task that is ready to be put to models.
type asking struct {
	name      string
	task      *tasks.Task
	shots     int
	documents []tasks.Document
	requests  [][]likelihood.Request // of each document
	prompts   [][]int                // of each document that asks for an answer
	longest   int                    // tokens that a model reads
}

// askings reads the tasks and makes token ids of their texts.
func (s *session) askings(ctx context.Context) ([]asking, error) {
	if len(s.Tasks) == 0 {
		return nil, nil
	}
	encoding, err := s.taskEncoding()
	if err != nil {
		return nil, err
	}
	var all []asking
	for _, name := range s.Tasks {
		a, err := s.asking(ctx, name, encoding)
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}

func (s *session) asking(ctx context.Context, name string, encoding tasks.Encoding) (asking, error) {
	a := asking{name: name, longest: min(s.cfg.MaxPositions, s.taskLength())}
	var files, examples []string
	var err error
	if a.task, err = tasks.Named(name); err == nil {
		files, examples, err = s.taskFiles(ctx, a.task)
	} else {
		files, err = []string{name}, nil
		a.task = tasks.Own(name, s.Writing)
		if s.ShotsFrom != "" {
			examples = []string{s.ShotsFrom}
		}
	}
	if err != nil {
		return a, err
	}
	same := len(examples) == 0
	wanted := s.Limit
	if same && wanted > 0 {
		wanted = max(wanted, s.Shots+1)
	}
	if a.documents, err = readDocuments(files, a.task, wanted); err != nil {
		return a, err
	}
	if s.Shots > 0 {
		from := a.documents
		if !same {
			if from, err = readDocuments(examples, a.task, s.Shots); err != nil {
				return a, err
			}
		}
		a.documents, a.shots = tasks.Shots(a.documents, from, s.Shots, same)
		if a.shots < s.Shots {
			s.hooks.remark("%s: there are %d examples only, of the %d that %s asks for", name, a.shots, s.Shots, s.hooks.setting("shots"))
		}
	}
	if s.Limit > 0 {
		a.documents = a.documents[:min(s.Limit, len(a.documents))]
	}
	return a, a.encode(s, encoding)
}

// encode makes token ids of the documents.
func (a *asking) encode(s *session, encoding tasks.Encoding) error {
	n := len(a.documents)
	a.requests, a.prompts = make([][]likelihood.Request, n), make([][]int, n)
	faults := make([]error, n)
	s.pool.For(n, func(i int) {
		d := &a.documents[i]
		if a.requests[i], faults[i] = encoding.Requests(d); faults[i] == nil && d.Generates() {
			a.prompts[i], faults[i] = encoding.Asks(d)
		}
		if faults[i] == nil {
			faults[i] = a.check(i, s.cfg.Vocab)
		}
	})
	for i, err := range faults {
		if err != nil {
			return fmt.Errorf("%s, document %d: %w", a.name, i+1, err)
		}
	}
	return nil
}

// check says what a model would not take of a document.
func (a *asking) check(document, vocab int) error {
	ids := slices.Clone(a.prompts[document])
	for k, r := range a.requests[document] {
		if len(r.Continuation) > a.longest {
			return fmt.Errorf("choice %d has %d tokens, more than the %d that the model takes", k+1, len(r.Continuation), a.longest)
		}
		ids = append(append(ids, r.Context...), r.Continuation...)
	}
	if slices.ContainsFunc(ids, func(id int) bool { return id >= vocab }) {
		return fmt.Errorf("the tokenizer has tokens that the model's vocabulary of %d has not: is it another model's?", vocab)
	}
	return nil
}

// errEnough ends the reading of rows.
var errEnough = errors.New("enough")

// readDocuments reads the first documents of files, or all if most is 0.
func readDocuments(files []string, task *tasks.Task, most int) ([]tasks.Document, error) {
	var documents []tasks.Document
	for _, file := range files {
		err := calib.EachRow(file, func(place string, row []byte) error {
			d, err := task.Read(row)
			if err != nil {
				return fmt.Errorf("%s: %w", place, err)
			}
			if documents = append(documents, d); len(documents) == most {
				return errEnough
			}
			return nil
		})
		if errors.Is(err, errEnough) {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	if len(documents) == 0 {
		return nil, fmt.Errorf("%s has no rows", strings.Join(files, " "))
	}
	return documents, nil
}

// taskFiles returns the files of a task with a name, and those of its examples,
// none if they are to be taken of the same rows.
func (s *session) taskFiles(ctx context.Context, t *tasks.Task) (files, examples []string, err error) {
	if s.TaskData != "" {
		if files, err = inFolder(s.TaskData, t.Name, t.Set.Split); err == nil && len(files) == 0 {
			err = fmt.Errorf("%s has no rows of %s: put them there as %s.jsonl or %s.parquet", s.TaskData, t.Name, t.Name, t.Name)
		}
		if err == nil && s.Shots > 0 {
			examples, err = inFolder(s.TaskData, t.Name+".train", "")
			if err == nil && len(examples) == 0 && t.Train != "" {
				examples, err = belowFolder(filepath.Join(s.TaskData, t.Name), t.Train)
			}
			if err == nil && len(examples) == 0 {
				s.hooks.remark("%s has no %s.train.jsonl: the examples are other rows of %s", s.TaskData, t.Name, t.Name)
			}
		}
		return files, examples, err
	}
	table := func(split string) (files []string, err error) {
		_, err = s.hooks.fromHub(func(c *hub.Client) (string, error) {
			files, err = c.Table(ctx, t.Set.ID, t.Set.Config, split)
			return "", err
		})
		if err != nil && !stopped(err) && !errors.As(err, &Interrupted{}) {
			err = fmt.Errorf("there is no %s with the rows of %s, and the Hugging Face hub does not give them: %w", s.hooks.setting("task_data"), t.Name, err)
		}
		return files, err
	}
	if files, err = table(t.Set.Split); err == nil && s.Shots > 0 && t.Train != "" {
		examples, err = table(t.Train)
	}
	return files, examples, err
}

// inFolder returns the file NAME.* with rows of a folder, or those below NAME of
// a split.
func inFolder(dir, name, split string) ([]string, error) {
	if st, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("there is no folder %s with the rows of tasks", dir)
	} else if !st.IsDir() {
		return nil, fmt.Errorf("%s is no folder: give the one that the rows of tasks are in", dir)
	}
	for _, kind := range []string{"parquet", "jsonl", "ndjson", "json"} {
		for _, packed := range []string{"", ".gz", ".zst"} {
			path := filepath.Join(dir, name+"."+kind+packed)
			if st, err := os.Stat(path); err == nil && st.Mode().IsRegular() {
				return []string{path}, nil
			}
		}
	}
	if split == "" {
		return nil, nil
	}
	return belowFolder(filepath.Join(dir, name), split)
}

// belowFolder returns the files of a split in a folder, as the hub names them.
func belowFolder(dir, split string) ([]string, error) {
	for _, pattern := range []string{split + ".*", split + "-*"} {
		below, err := fs.Glob(os.DirFS(dir), pattern)
		if err != nil || len(below) > 0 {
			for i, file := range below {
				below[i] = filepath.Join(dir, file)
			}
			return below, err
		}
	}
	return nil, nil
}
