package fileindex

import (
	"bytes"
	"os"
	"reflect"
	"testing"
)

func wantDamaged(t *testing.T, x *Index, path string, text []byte) {
	t.Helper()
	must(t, os.WriteFile(x.place(whole, path), text, 0o600))
	wantUnknown(t, x, path)
}

func TestDamagedRecordIsUnknown(t *testing.T) {
	x, path := open(t), newFile(t, "content")
	hash(t, x, path, sumOf("content"))
	text, err := os.ReadFile(x.place(whole, path))
	must(t, err)
	for bit := range 8 * len(text) {
		damaged := bytes.Clone(text)
		damaged[bit/8] ^= 1 << (bit % 8)
		wantDamaged(t, x, path, damaged)
	}
	for length := range text {
		wantDamaged(t, x, path, text[:length])
	}
	wantDamaged(t, x, path, append(text, '\n'))

	hash(t, x, path, sumOf("content"))
	wantWhole(t, x, path, sumOf("content"))
}

// Both paths are of one file, so that only the path tells the records apart.
func TestRecordOfAnotherPathIsUnknown(t *testing.T) {
	x, path := open(t), newFile(t, "content")
	must(t, os.Link(path, path+"2"))
	hash(t, x, path, sumOf("content"))
	must(t, os.Rename(x.place(whole, path), x.place(whole, path+"2")))
	wantUnknown(t, x, path+"2")
}

// The ranges' record may have a sum that is unnamed too.
func TestRecordOfAnotherKindIsUnknown(t *testing.T) {
	x, path := open(t), newFile(t, "content")
	must(t, begin(t, x, path).RememberRanges(map[string]Sum{unnamed: sumOf("a range")}))
	must(t, os.Rename(x.place(ranges, path), x.place(whole, path)))
	wantUnknown(t, x, path)
}

func FuzzDecode(f *testing.F) {
	sum := sumOf("content")
	for _, r := range []record{
		{},
		{Kind: whole, Path: "/models/adapter_model.safetensors", Identity: identity{1, 2, 3, 4, 5}, Sums: map[string]Sum{unnamed: sum}},
		{Kind: ranges, Path: "/\"\\\n\u2028é", Sums: map[string]Sum{"": sum, "a.lora_A.weight": {}}},
	} {
		text, err := r.encode()
		must(f, err)
		f.Add(text[2*len(Sum{})+1:])
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := decode(append([]byte(hexSum(body)+"\n"), body...))
		if err != nil {
			return
		}
		text, err := r.encode()
		must(t, err)
		again, err := decode(text)
		must(t, err)
		if !reflect.DeepEqual(again, r) {
			t.Errorf("%+v became %+v", r, again)
		}
	})
}

func TestSumText(t *testing.T) {
	// FIPS 180-4's example for the message "abc".
	const digits = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	if got := sumOf("abc").String(); got != digits {
		t.Errorf("String = %s, want %s", got, digits)
	}
	var sum Sum
	if err := sum.UnmarshalText([]byte(digits)); err != nil || sum != sumOf("abc") {
		t.Errorf("UnmarshalText = %s, %v", sum, err)
	}
	for _, text := range []string{"", digits[1:], digits + "00", "x" + digits[1:]} {
		if err := sum.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("UnmarshalText(%q) is no error", text)
		}
	}
}
