package decoder

import "sparsellm/linalg"

// rowsPerTask keeps the cost of handing out a task far below that of the task.
const rowsPerTask = 16

// EachRow calls f for every row of 0..n−1, in parallel.
func EachRow(pool *linalg.Pool, n int, f func(t int)) {
	pool.For((n+rowsPerTask-1)/rowsPerTask, func(i int) {
		for t := i * rowsPerTask; t < min(n, (i+1)*rowsPerTask); t++ {
			f(t)
		}
	})
}
