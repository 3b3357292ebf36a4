package stages

import (
	"slices"
	"testing"
)

func TestDocuments(t *testing.T) {
	for _, test := range []struct {
		of      Documents
		text    string
		numbers []int
	}{
		{Documents{First: 2, Last: 5}, "2-5", []int{2, 3, 4, 5}},
		{Documents{First: 7, Last: 7}, "7-7", []int{7}},
		{Documents{First: 2, Last: 5, Chosen: []int{2, 3, 4, 5}}, "2-5", []int{2, 3, 4, 5}},
		{Documents{First: 7, Last: 7, Chosen: []int{7}}, "7-7", []int{7}},
		{Documents{Last: 12, Chosen: []int{0, 1, 2, 3, 7, 9, 10, 12}}, "0-3,7,9-10,12", []int{0, 1, 2, 3, 7, 9, 10, 12}},
	} {
		if got := test.of.String(); got != test.text {
			t.Errorf("%+v is %s, want %s", test.of, got, test.text)
		}
		if got := test.of.Numbers(); !slices.Equal(got, test.numbers) {
			t.Errorf("%+v has the numbers %v, want %v", test.of, got, test.numbers)
		}
	}
}
