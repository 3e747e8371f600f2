// Package pipeline prunes a whole model, block by block. It is where models and
// pruning meet:
//
//	calibration rows → embed → allocate, unless all matrices have the same share
//	                   of zeros: a survey of the dense model says which suffer
//	                 → for each block:
//	    capture   run the dense block on every sample: the Hessians of its
//	              matrices, and the input X of its feed-forward network
//	    prune     each matrix for itself, or by SparseLLM the feed-forward
//	              network or convolution as a whole and the attention's output
//	              for what the pruned attention gives it
//	    store     hand every pruned weight to the caller's sink, which rounds
//	              it to what the checkpoint can hold
//	    run       the pruned block makes the next block's input
//
// It knows nothing of models' files (weights leave through Options.Sink), of
// tokenizers or of terminals (progress leaves through Options.Progress). The one
// format that is its own is that of a State, by which a run goes on.
package pipeline
