package report

import (
	"fmt"
	"math"
)

// Perplexity has as many digits as perplexities are quoted with.
func Perplexity(v float64) string {
	switch {
	case math.Abs(v) < 1000:
		return fmt.Sprintf("%.2f", v)
	case math.Abs(v) < 1e5:
		return fmt.Sprintf("%.0f", v)
	default: // NaN, too
		return fmt.Sprintf("%.3g", v)
	}
}

// Percent is a share in percent.
func Percent(v float64) string { return fmt.Sprintf("%.1f%%", 100*v) }

// TokensPerSecond is a speed for a reader.
func TokensPerSecond(v float64) string {
	if v >= 100 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

// Duration is a number of seconds for a reader.
func Duration(s float64) string {
	switch whole := int(s + 0.5); {
	case s < 1:
		return fmt.Sprintf("%.2g s", s)
	case s < 9.95:
		return fmt.Sprintf("%.1f s", s)
	case whole < 60:
		return fmt.Sprintf("%d s", whole)
	case whole < 3600:
		return fmt.Sprintf("%d min %02d s", whole/60, whole%60)
	default:
		return fmt.Sprintf("%d h %02d min", whole/3600, whole%3600/60)
	}
}

// Bytes is a number of bytes in decimal units.
func Bytes(n int64) string {
	f := float64(n)
	for _, unit := range []string{"B", "kB", "MB", "GB"} {
		if f < 999.5 {
			return fmt.Sprintf("%.3g %s", f, unit)
		}
		f /= 1000
	}
	return fmt.Sprintf("%.3g TB", f)
}
