package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"sparsellm/asm"
	"sparsellm/job"
)

func infoCommand(con *console) *cobra.Command {
	return &cobra.Command{
		Use:   "info",
		Short: "Show the version, the CPU's instructions in use, and settings",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			tier, why, err := asm.Chosen()
			var tiers []string
			for _, t := range asm.Tiers() {
				tiers = append(tiers, t.String())
			}
			t := tabwriter.NewWriter(con.out, 0, 0, 2, ' ', 0)
			row := func(name, value string) { fmt.Fprintf(t, "%s\t%s\n", name, value) }
			row("version:", job.Version())
			row("built with:", runtime.Version()+" for "+runtime.GOOS+"/"+runtime.GOARCH)
			row("instructions:", fmt.Sprintf("%v (%s)", tier, why))
			row("tiers:", strings.Join(tiers, ", "))
			row("threads:", fmt.Sprintf("%d of %d CPUs", runtime.GOMAXPROCS(0), runtime.NumCPU()))
			for _, name := range []string{asm.Variable, "GOMAXPROCS", "GOMEMLIMIT", "NO_COLOR"} {
				value, set := os.LookupEnv(name)
				if !set {
					value = "not set"
				}
				row(name+":", value)
			}
			if flushed := t.Flush(); flushed != nil {
				return flushed
			}
			return err
		},
	}
}
