package evaluate

// Overlap is how many documents two scores of one adapter have in common that are to have none, since
// they are of two splits: the command does not keep to the documents that it is told. Commands may
// count the documents of each run from 0, so an ID alone proves nothing. Documents are the same if
// their contents are; where no content is known, if each has in one split the score that it has in the
// other, and not all have one score.
func Overlap(a, b *Score) int {
	if a == nil || b == nil {
		return 0
	}
	common := pair(a, b).of
	known, alike, differ := 0, true, false
	for i, d := range common[0] {
		other := common[1][i]
		if d.Content != "" && other.Content != "" {
			known++
		}
		alike = alike && d.Value == other.Value
		differ = differ || d.Value != common[0][0].Value
	}
	if known > 0 || !alike || !differ {
		return known
	}
	return len(common[0])
}
