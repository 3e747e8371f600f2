// Package pipeline prunes a whole model, block by block. It is the one place
// that knows both models and pruning:
//
//	calibration rows → embed → for each block:
//	    capture   run the dense block on every sample: the Hessians of its
//	              matrices, and the input X of its feed-forward network
//	    prune     the attention's matrices each for itself, the feed-forward
//	              network by the chosen method
//	    store     hand every pruned weight to the caller, who rounds it to
//	              what the checkpoint can hold
//	    run       the pruned block makes the next block's input
//
// It knows nothing of file formats (weights leave through Options.Store),
// tokenizers or terminals (progress leaves through Options.Progress).
package pipeline
