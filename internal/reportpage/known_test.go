package reportpage

import (
	"bytes"
	"testing"
)

func TestKnown(t *testing.T) {
	var page bytes.Buffer
	if err := Write(&page, &Data{Title: "a", Version: "v1"}); err != nil {
		t.Fatal(err)
	}
	if !Known(page.Bytes()[:min(4096, page.Len())]) {
		t.Error("a page is not known")
	}
	for _, other := range []string{"", "<!DOCTYPE html>\n<meta name=\"generator\" content=\"Hugo 0.1\">\n", "about loramerge v1", "{}"} {
		if Known([]byte(other)) {
			t.Errorf("%q is taken for a page", other)
		}
	}
}
