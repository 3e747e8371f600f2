package main

import (
	"bufio"
	_ "embed"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

//go:embed pytorch.py
var script string

// pytorch is a Python process that times one operation for each line it reads.
type pytorch struct {
	version string
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
}

func startPyTorch(python string, threads int) (*pytorch, error) {
	cmd := exec.Command(python, "-c", script, strconv.Itoa(threads))
	n := strconv.Itoa(threads)
	cmd.Env = append(os.Environ(), "OMP_NUM_THREADS="+n, "MKL_NUM_THREADS="+n)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start PyTorch: %w", err)
	}
	p := &pytorch{cmd: cmd, in: in, out: bufio.NewReader(out)}
	line, err := p.out.ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("start PyTorch: %w", err)
	}
	p.version = strings.TrimSpace(line)
	return p, nil
}

// time returns how long PyTorch takes for an operation of pytorch.py.
func (p *pytorch) time(op string) (time.Duration, error) {
	if _, err := fmt.Fprintln(p.in, op); err != nil {
		return 0, fmt.Errorf("ask PyTorch for %s: %w", op, err)
	}
	line, err := p.out.ReadString('\n')
	if err != nil {
		return 0, fmt.Errorf("PyTorch's time of %s: %w", op, err)
	}
	s, err := strconv.ParseFloat(strings.TrimSpace(line), 64)
	if err != nil {
		return 0, fmt.Errorf("PyTorch's time of %s: %w", op, err)
	}
	return time.Duration(s * float64(time.Second)), nil
}

func (p *pytorch) stop() {
	p.in.Close()
	p.cmd.Wait()
}
