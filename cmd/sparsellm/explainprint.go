package main

import (
	"fmt"
	"io"
	"math"
	"slices"

	"sparsellm/job"
	"sparsellm/report"
)

// printExplanation writes the explanation for a reader, in 80 columns.
func printExplanation(w io.Writer, r *job.Explanation) error {
	s := r.Settings
	fmt.Fprintln(w, describe(r))
	fmt.Fprintf(w, "calibrated with %d samples of %d tokens of %s\n", s.Samples, s.SampleLen, shortened(s.Calib, 32))
	if r.Damping != s.Settings.Damping {
		fmt.Fprintf(w, "the Hessian is not positive definite; damping raised to %g\n", r.Damping)
	}
	fmt.Fprintf(w, "\nRow %d. A weight's score is w²/R², R being its column's entry of R's diagonal,\n", r.Row)
	fmt.Fprintln(w, "the factor of the inverse Hessian: what a zero there costs.")
	fmt.Fprintln(w, rule(r))
	fmt.Fprintln(w)
	if err := columnTable(r).print(w); err != nil {
		return err
	}
	fmt.Fprintln(w, "scored: w when the mask is chosen; swept: w when the sweep gets there;")
	fmt.Fprintln(w, "q: what becomes of it; err: (w swept − q)/R. Σerr² is what these cost.")
	for _, c := range r.Columns {
		if c.Dead {
			fmt.Fprintln(w, "*: the input was zero in every sample, so the weight is zeroed before.")
			break
		}
	}
	return printUpdates(w, r)
}

// describe says in a few words what is shown.
func describe(r *job.Explanation) string {
	to := "to " + report.Percent(r.Settings.Target()) + " zeros"
	if p := r.Settings.Pattern; p.Structured() {
		to = "to " + p.String()
	}
	return fmt.Sprintf("%s of block %d, %d×%d, swept %s", r.Name, r.Block, r.Rows, r.Cols, to)
}

// rule says which weights go.
func rule(r *job.Explanation) string {
	if p := r.Settings.Pattern; p.Structured() {
		return fmt.Sprintf("Of each %d columns the %d with the least score go.", p.Of, p.Of-p.Keep)
	}
	if r.Threshold == nil {
		return "At a sparsity of 0 none goes."
	}
	return fmt.Sprintf("It goes if that is at most the threshold of columns %d to %d, %s,\nwhich %s of the scores of all rows are.",
		r.Sweep[0], r.Sweep[1]-1, digits(*r.Threshold), report.Percent(r.Settings.Target()))
}

// columnTable is a row for each column, and their sum.
func columnTable(r *job.Explanation) *table {
	t := &table{}
	t.row("column", "w dense", "w scored", "R", "score", "", "w swept", "q", "err")
	sum := 0.0
	for _, c := range r.Columns {
		column, verdict, q := fmt.Sprint(c.Column), "kept", digits(c.Kept)
		if c.Dead {
			column += "*"
		}
		if c.Zeroed {
			verdict, q = "goes", "0"
		}
		t.row(column, digits(c.Dense), digits(c.Scored), digits(c.R), digits(c.Score), verdict, digits(c.Weight), q, digits(c.Err))
		sum += c.Err * c.Err
	}
	t.row("Σerr²", "", "", "", "", "", "", "", digits(sum))
	return t
}

// updatesAcross is how many columns of updates fit a line of 80.
const updatesAcross = 7

// printUpdates writes what each err changes in the columns to its right.
func printUpdates(w io.Writer, r *job.Explanation) error {
	last := r.Columns[len(r.Columns)-1].Column
	if !slices.ContainsFunc(r.Columns, func(c job.ExplainedColumn) bool { return c.Err != 0 && c.Column < last }) {
		return nil
	}
	fmt.Fprintln(w, "\nThe columns to the right make each err good: w ← w − err·R, with R's entry in")
	fmt.Fprintln(w, "the row of the one and the column of the other. These are the changes:")
	for at := 1; at < len(r.Columns); at += updatesAcross {
		shown := r.Columns[at:min(at+updatesAcross, len(r.Columns))]
		var t table
		head := []any{"of"}
		for _, c := range shown {
			head = append(head, fmt.Sprint("in ", c.Column))
		}
		t.row(head...)
		for i, c := range r.Columns[:at+len(shown)-1] {
			if c.Err == 0 {
				continue
			}
			row := []any{c.Column}
			for k := range shown {
				cell := ""
				if j := at + k - i - 1; j >= 0 {
					cell = change(c.Updates[j])
				}
				row = append(row, cell)
			}
			t.row(row...)
		}
		if len(t.rows) == 1 {
			continue
		}
		fmt.Fprintln(w)
		if err := t.print(w); err != nil {
			return err
		}
	}
	return nil
}

// change is v with a sign, in at most 8 characters.
func change(v float64) string {
	if math.Abs(v) < 10 {
		return fmt.Sprintf("%+.5f", v)
	}
	return fmt.Sprintf("%+.2g", v)
}

// digits is v in as many digits as a reader can compare.
func digits(v float64) string { return fmt.Sprintf("%.3g", v) }
