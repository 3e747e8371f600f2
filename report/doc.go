// Package report writes what became of a run as one HTML file: no network, no
// other files, light and dark, for the screen and for paper.
//
// It knows charts and pages, and takes what it shows as plain numbers (Data)
// and as masks (NewMask). It must not know of models, of pruning or of how the
// numbers came about.
//
// Charts are drawn here, as SVG with classes: the page's style sheet gives
// their texts a face and their parts colours and widths, so that one drawing
// serves both themes, and the browser sets the text. The libraries that draw
// charts in Go set it themselves, by fonts that they carry into the binary,
// and write each colour where it is used (CONTRIBUTING.md names them). A chart
// of twenty lines takes a few kilobytes; a charting library in JavaScript
// would put a megabyte into every report, and print worse. The page's own
// script does one thing: it leads about the pictures of the masks.
package report
