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
// The package knows which files a data set consists of, and turns their parquet
// into the text files that calibration reads. Which files a model consists of is
// said by package checkpoint; of what is in them hub knows nothing.
package hub
