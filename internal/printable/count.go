package printable

import "strconv"

// Count is a number of things: 1 module, 2 modules, 2 entries.
func Count[N int | int64](n N, one string) string {
	if n != 1 {
		if last := len(one) - 1; one[last] == 'y' {
			one = one[:last] + "ie"
		}
		one += "s"
	}
	return strconv.FormatInt(int64(n), 10) + " " + one
}

// Choose is the word that goes with so many of them: 1 has, 2 have.
func Choose[N int | int64](n N, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
