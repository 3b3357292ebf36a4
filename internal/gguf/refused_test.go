package gguf

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/golden"
)

func TestRefused(t *testing.T) {
	long := strings.Repeat("x", 64)
	tests := map[string]struct {
		file *raw
		want string
	}{
		"empty":                {&raw{}, "it has 0 bytes, too few for a header"},
		"another format":       {(&raw{}).text("{}").zeros(32), "does not begin with the letters GGUF"},
		"version 0":            {badVersion(0), "GGUF version 0"},
		"version 1":            {badVersion(1), "GGUF version 1, which nothing reads any more"},
		"version 4":            {badVersion(4), "GGUF version 4, and versions 2 and 3 are read"},
		"big endian":           {badVersion(3 << 24), "written big endian"},
		"too many pairs":       {begin(0, 1<<60).zeros(64), "for which the file is too short"},
		"too many tensors":     {begin(1<<60, 0).zeros(64), "for which the file is too short"},
		"a byte a tensor":      {begin(600_000, 0).zeros(600_000 * leastTensor), "and at most 500000 and 65536 are allowed"},
		"cut in a count":       {cut(begin(0, 1).text("a").u32(4).u32(1), 2), "the file ends within its header"},
		"empty key":            {begin(0, 1).text("").u32(4).u32(1), "a key is empty"},
		"control character":    {begin(0, 1).text("a\x1b").u32(4).u32(1), "has a control character at its byte 1"},
		"key not UTF-8":        {begin(0, 1).text("a\xff").u32(4).u32(1), "a key is not UTF-8"},
		"text not UTF-8":       {begin(0, 1).text("a").u32(8).text("\xff"), `the value of "a" is not UTF-8`},
		"key twice":            {begin(0, 2).text("a").u32(4).u32(1).text("a").u32(4).u32(1), `the key "a" occurs twice`},
		"unknown kind":         {begin(0, 1).text("a").u32(13).u32(1), "is of type 13, which GGUF does not have"},
		"half true":            {begin(0, 1).text("a").u32(7).u32(2), "neither true nor false but 2"},
		"huge text":            {begin(0, 1).text("a").u32(8).u64(1 << 40), "has 1099511627776 bytes, and at most 1073741824 are allowed"},
		"text beyond the end":  {begin(0, 1).text("a").u32(8).u64(1000), "the file ends after 0"},
		"array of arrays":      {begin(0, 1).text("a").u32(9).u32(9).u64(0), "is an array of arrays"},
		"array of nothing":     {begin(0, 1).text("a").u32(9).u32(99).u64(0), "are of type 99"},
		"huge array":           {begin(0, 1).text("a").u32(9).u32(0).u64(1 << 40), "has 1099511627776 items, and at most"},
		"array beyond the end": {begin(0, 1).text("a").u32(9).u32(4).u64(10).u32(1), "has 10 items, and the file ends after 4 bytes"},
		"item beyond the end":  {begin(0, 1).text("a").u32(9).u32(8).u64(1).u64(9), "an item of \"a\" has 9 bytes, and the file ends after 0"},
		"alignment 12":         {begin(0, 1).text("general.alignment").u32(4).u32(12), "is 12, which is no power of two"},
		"alignment 0":          {begin(0, 1).text("general.alignment").u32(4).u32(0), "is 0, which is no power of two"},
		"alignment of 2 MB":    {begin(0, 1).text("general.alignment").u32(4).u32(1 << 21), "at most 1048576 is allowed"},
		"alignment as u64":     {begin(0, 1).text("general.alignment").u32(10).u64(32), "is of type u64, not u32"},
		"tensor twice":         {begin(2, 0).tensor("a", 0, 8).tensor("a", 32, 8).data(64), `tensor "a": there are two tensors of this name`},
		"long name":            {begin(1, 0).tensor(long, 0, 8).data(32), "a tensor's name has 64 bytes, and at most 63 are allowed"},
		"name with a bell":     {begin(1, 0).tensor("a\a", 0, 8).data(32), "has a control character at its byte 1"},
		"five dimensions":      {begin(1, 0).tensor("a", 0, 1, 1, 1, 1, 1).data(32), "it has 5 dimensions, and 1 to 4 are allowed"},
		"no dimension":         {begin(1, 0).tensor("a", 0).data(32), "it has 0 dimensions"},
		"overflow":             {begin(1, 0).tensor("a", 0, 1<<40, 1<<40).data(32), "the product of its dimensions overflows"},
		"negative dimension":   {begin(1, 0).tensor("a", 0, 1<<63).data(32), "the product of its dimensions overflows"},
		"unknown type":         {begin(1, 0).text("a").u32(1).u64(8).u32(4).u64(0).data(32), "its type 4 is none of ggml's"},
		"half a block":         {begin(1, 0).text("a").u32(1).u64(33).u32(8).u64(0).data(64), "its rows have 33 elements, and Q8_0 keeps them in blocks of 32"},
		"gap":                  {begin(2, 0).tensor("a", 0, 8).tensor("b", 64, 8).data(96), "it begins at byte 64 of the data, where byte 32 is expected"},
		"unaligned":            {begin(2, 0).tensor("a", 0, 4).tensor("b", 16, 4).data(64), "it begins at byte 16 of the data, where byte 32 is expected"},
		"first not at 0":       {begin(1, 0).tensor("a", 32, 8).data(64), "it begins at byte 32 of the data, where byte 0 is expected"},
		"wrong order":          {begin(2, 0).tensor("a", 32, 8).tensor("b", 0, 8).data(64), "it begins at byte 32 of the data, where byte 0 is expected"},
		"far outside":          {begin(1, 0).tensor("a", 0, 1<<50).data(32), "and the file has 96 in all"},
		"data cut":             {begin(1, 0).tensor("a", 0, 8).data(31), "it ends at byte 32 of the data, of which there are 31"},
		"no data":              {begin(1, 0).tensor("a", 0, 8), "it ends at byte 32 of the data"},
		"bytes left over":      {begin(1, 0).tensor("a", 0, 8).data(33), "bytes are left over"},
		"something hidden":     {begin(2, 0).tensor("a", 0, 4).tensor("b", 32, 8).data(64), "the padding between tensors is not zeros (at byte 112)"},
	}
	gathered := golden.Gather(t, "testdata/"+t.Name()+".golden")
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			path := write(t, test.file.Bytes())
			f, err := Open(path)
			if err == nil {
				f.Close()
			}
			checkRefused(t, err, test.want)
			gathered.Add(strings.ReplaceAll(err.Error(), path, "x.gguf"))
		})
	}
}

func badVersion(version uint32) *raw {
	r := &raw{}
	r.WriteString("GGUF")
	return r.u32(version).u64(0, 0)
}

func cut(r *raw, n int) *raw {
	r.Truncate(r.Len() - n)
	return r
}

// TestEveryCutIsRefused cuts a sound file at every byte.
func TestEveryCutIsRefused(t *testing.T) {
	r := begin(2, 3).text("s").u32(8).text("text").text("n").u32(10).u64(1).text("a").u32(9).u32(8).u64(2).text("x").text("y").
		tensor("t", 0, 2, 2).tensor("u", 32, 8).data(16).zeros(16)
	r.Write(make([]byte, 32))
	whole := r.Bytes()
	f, err := Open(write(t, whole))
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	for n := range whole {
		f, err := Open(write(t, whole[:n]))
		if err == nil {
			f.Close()
			t.Fatalf("the first %d of %d bytes are accepted", n, len(whole))
		}
		checkRefused(t, err, "")
	}
}

func TestOpenOfAbsentFile(t *testing.T) {
	if _, err := Open(t.TempDir() + "/none.gguf"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
