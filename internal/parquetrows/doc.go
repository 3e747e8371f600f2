// Package parquetrows reads the rows of a parquet file as JSON, an object each.
// It alone knows the library that reads parquet, what that does with damaged
// files, and what it makes of types.
//
// It knows nothing of what the rows are for.
package parquetrows
