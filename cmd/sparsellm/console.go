package main

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/term"
)

// console is where a command reads and writes.
type console struct {
	in       io.Reader
	out, err io.Writer
	quiet    bool // no progress and no remarks
	terminal bool // err is a terminal that can redraw a line
	color    bool // err takes colours
	onExit   *cleanups
}

func newConsole(in io.Reader, out, err io.Writer) *console {
	c := &console{in: in, out: out, err: err, onExit: &cleanups{}}
	if f, ok := err.(*os.File); ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" {
		c.terminal = true
		c.color = os.Getenv("NO_COLOR") == "" // https://no-color.org
	}
	return c
}

// remark tells the user something on the way.
func (c *console) remark(format string, args ...any) {
	if !c.quiet {
		fmt.Fprintf(c.err, format+"\n", args...)
	}
}

// complain says on one line why the command fails.
func (c *console) complain(text string) {
	name := "sparsellm:"
	if c.color {
		name = "\x1b[1;31msparsellm:\x1b[0m"
	}
	fmt.Fprintf(c.err, "%s %s\n", name, text)
}
