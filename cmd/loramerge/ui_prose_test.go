package main

import "testing"

// TestProse: paragraphs and list items are broken anew, and what is code stays as it is.
func TestProse(t *testing.T) {
	const text = "One line of an editor that is wider than a terminal of eighty columns, by quite a lot,\nand the next.\n\n" +
		"- an item\n  that goes on, and on, until it needs a second line on a terminal of eighty columns\n- another\n\n" +
		"    code that is wider than a terminal of eighty columns stays as it is, for whoever copies it\n\n```yaml\nfenced: as it is, though it is wider than a terminal of eighty columns, for whoever copies it\n```\nThe end."
	const want = "One line of an editor that is wider than a terminal of eighty columns, by quite\na lot, and the next.\n\n" +
		"- an item that goes on, and on, until it needs a second line on a terminal of\n  eighty columns\n- another\n\n" +
		"    code that is wider than a terminal of eighty columns stays as it is, for whoever copies it\n\n```yaml\nfenced: as it is, though it is wider than a terminal of eighty columns, for whoever copies it\n```\nThe end."
	if got := prose(text); got != want {
		t.Errorf("%s\nexpected\n%s", got, want)
	}
}
