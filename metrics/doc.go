// Package metrics holds a text against references: exact match and token F1 as
// SQuAD 2.0's evaluation has them (Rajpurkar et al., 2018), ROUGE-1, -2 and -L as
// Google's rouge-score without stemming (Lin, 2004), BLEU and chrF as sacreBLEU
// 2.6 by default (Papineni et al., 2002; Popović, 2015; Post, 2018). Of several
// references the nearest one counts, as those tools choose it.
//
// BLEU and chrF are functions of counts over all texts: Counts are those of one,
// to be added up.
//
// The package knows texts alone.
package metrics
