// Package hub finds models and data sets of the Hugging Face hub: in the cache
// that the Python libraries share, else over the network, from where it fills
// that cache in their layout
// (https://huggingface.co/docs/hub/local-cache):
//
//	models--ORG--NAME/refs/main               the commit
//	models--ORG--NAME/snapshots/COMMIT/FILE   a link to the blob
//	models--ORG--NAME/blobs/ETAG              the content, named by its hash
//
// A download that was cut goes on where it stopped; its content is checked
// against the hash before it gets a name that anyone reads. Nothing the hub
// answers can name a place outside the cache, and the token goes to the
// endpoint's host alone.
//
// The package knows which files a data set consists of; those of a model package
// checkpoint tells, by their names and the index of the weights. It knows
// nothing of what is in a model's files; of data sets it turns parquet into the
// text files that calibration reads.
package hub
