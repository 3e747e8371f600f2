package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sparsellm/arch"
	"sparsellm/job"
)

// run executes the command line args and returns the exit code.
func run(ctx context.Context, args []string, in io.Reader, out, errw io.Writer) int {
	con := newConsole(in, out, errw)
	err := interruptible(ctx, con.onExit, func() error {
		root := newRoot(con)
		root.SetArgs(args)
		return root.ExecuteContext(ctx)
	})
	if err == nil {
		return exitOK
	}
	text := sentence(err)
	if exitCode(err) == exitUsage {
		text += helpHint(args)
	}
	con.complain(text)
	return exitCode(err)
}

// helpHint says where to read about the command that args name.
func helpHint(args []string) string {
	name := "sparsellm"
	if cmd, _, err := newRoot(newConsole(nil, io.Discard, io.Discard)).Find(args); err == nil {
		name = cmd.CommandPath()
	}
	return fmt.Sprintf(" (see %s --help)", name)
}

func newRoot(con *console) *cobra.Command {
	root := &cobra.Command{
		Use:   "sparsellm",
		Short: "Prune language models on the CPU",
		Long: filled("sparsellm zeroes weights of "+joined(arch.Titles(), "and")+" models after training and repairs the rest "+
			"from a few calibration texts: by SparseLLM (Bai et al., NeurIPS 2024), and for comparison by "+joined(apart(), "and")+".", 80) + `

Models are Hugging Face folders; what it writes, transformers loads as before.
Start with "sparsellm demo", which needs no files.`,
		Example:       "  sparsellm demo\n  sparsellm prune --model opt-125m --out pruned --calib text.txt --sparsity 0.5",
		Version:       job.Version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			hint := ""
			cmd.SuggestionsMinimumDistance = 2
			if s := cmd.SuggestionsFor(args[0]); len(s) > 0 {
				hint = fmt.Sprintf(", did you mean %s?", strings.Join(s, " or "))
			}
			return usagef("there is no command %q%s", args[0], hint)
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(con.in)
	root.SetOut(con.out)
	root.SetErr(con.err)
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages", ".FlagUsagesWrapped 80"))
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return flagError(err) })
	root.PersistentFlags().BoolVarP(&con.quiet, "quiet", "q", false, "print results and errors only, no progress")
	root.AddCommand(
		pruneCommand(con),
		recoverCommand(con),
		compareCommand(con),
		evalCommand(con),
		generateCommand(con),
		benchCommand(con),
		inspectCommand(con),
		convertCommand(con),
		packCommand(con),
		unpackCommand(con),
		explainCommand(con),
		tokenizeCommand(con),
		demoCommand(con),
		planCommand(con),
		infoCommand(con),
		manCommand(root),
	)
	return root
}

// flagError says of a flag's value what the flag takes instead.
func flagError(err error) error {
	var bad *pflag.InvalidValueError
	if !errors.As(err, &bad) {
		return asUsage(err)
	}
	what := "of the right form"
	switch bad.GetFlag().Value.Type() {
	case "int", "int64":
		what = "a whole number"
	case "float64":
		what = "a number"
	case "bool":
		what = "true or false"
	}
	return usagef("--%s %s is not %s", bad.GetFlag().Name, bad.GetValue(), what)
}

// noArgs refuses what is left of the command line after its flags.
func noArgs(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("unexpected argument %q", args[0])
	}
	return nil
}

// oneModel refuses all but one argument, a model's folder.
func oneModel(_ *cobra.Command, args []string) error {
	switch len(args) {
	case 0:
		return usagef("the model's folder is missing")
	case 1:
		return nil
	}
	return usagef("unexpected argument %q", args[1])
}

// oneOf completes a flag's value from a list.
func oneOf(values ...string) cobra.CompletionFunc {
	return cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
}

// completions sets what the shell offers for flags of cmd.
func completions(cmd *cobra.Command, of map[string]cobra.CompletionFunc) {
	for flag, f := range of {
		if err := cmd.RegisterFlagCompletionFunc(flag, f); err != nil {
			panic(errors.Join(errors.New("sparsellm: completion of a flag that is not there"), err))
		}
	}
}
