// Package job does what a user asks for, from names of files to a result: it
// prunes a model into a folder (Prune), compares ways of pruning it (Compare),
// measures perplexities (Evaluate), works out a sweep (Explain) and says what a
// run would take (Plan).
//
// It knows how such a run is put together: which folder or model of the hub a
// name means, calibration and texts, the budget of memory and where auxiliary
// variables go to keep it, an output that survives an interruption and by which
// settings a run may go on with it, the phases and their times, and what of all
// that a report shows. Settings is the one struct that says what to do, from
// flags to JSON; all that is wrong with it is said by its checks, and by those
// of the pipeline.Settings in it.
//
// It knows no flags, no terminals and no tables: what a user should know on the
// way goes to Hooks. While a job runs it sets the process's memory limit, to
// keep the heap close to what is in use.
package job
