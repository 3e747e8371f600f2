package asm

// rowLanes is the number of running sums of a row: sum l takes the elements
// whose index is l mod rowLanes.
const rowLanes = 8

func rowDotsGeneric(dst, x, rows []float32, stride int) {
	for i := range dst {
		var s [rowLanes]float32
		row := rows[i*stride:][:len(x)]
		j := 0
		for ; j+rowLanes <= len(x); j += rowLanes {
			for l := range s {
				s[l] += x[j+l] * row[j+l]
			}
		}
		for l := range len(x) - j {
			s[l] += x[j+l] * row[j+l]
		}
		low := (s[0] + s[2]) + (s[1] + s[3])
		high := (s[4] + s[6]) + (s[5] + s[7])
		dst[i] = low + high
	}
}

func rowSumGeneric(dst, a, rows []float32, stride int) {
	for i, f := range a {
		for j, v := range rows[i*stride:][:len(dst)] {
			dst[j] += f * v
		}
	}
}
