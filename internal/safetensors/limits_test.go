package safetensors

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"runtime"
	"testing"

	"github.com/loramerge/loramerge/internal/golden"
)

// memoryBound is the memory a header may cost, however hostile it is.
const memoryBound = 300_000_000

// fullFile is a file whose header has as many members as the limit on its size
// allows, but at most count, and which has no data.
func fullFile(count int, member func(i int) string) []byte {
	b := make([]byte, lengthSize, lengthSize+maxHeader)
	b = append(b, '{')
	for i := range count {
		m := member(i)
		if len(b)+len(m)+len(",}") > cap(b) {
			break
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, m...)
	}
	b = append(b, '}')
	binary.LittleEndian.PutUint64(b, uint64(len(b)-lengthSize))
	return b
}

// numbered is a member for fullFile: a tensor of a name of its own.
func numbered(shape, offsets string) func(i int) string {
	return func(i int) string { return entry(fmt.Sprintf("%x", i), "U8", shape, offsets) }
}

func skipHuge(t *testing.T) {
	t.Helper()
	if testing.Short() || raceDetector {
		t.Skip("headers of 100 MB take too long")
	}
}

// checkMemory opens a file of those bytes and dataSize more, and checks how
// much memory that takes. It counts all that is allocated, freed or not.
func checkMemory(t *testing.T, content []byte, dataSize int64) error {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := readHeader("x", bytes.NewReader(content), int64(len(content))+dataSize)
	runtime.ReadMemStats(&after)
	used := after.TotalAlloc - before.TotalAlloc
	if used > memoryBound {
		t.Errorf("%d bytes were allocated, more than %d", used, memoryBound)
	}
	t.Logf("%d MB allocated", used/1_000_000)
	return err
}

// Ten million overlapping tensors would take a header of 480 MB, which its
// length alone rules out; these are as many as 100 MB can hold.
func TestHostileHeaders(t *testing.T) {
	skipHuge(t)
	tests := map[string]struct {
		member   func(i int) string
		dataSize int64
		want     string
	}{
		"overlapping tensors":         {numbered("[9]", "[0,9]"), 9, "the tensors overlap"},
		"overlapping, in a huge file": {numbered("[9]", "[0,9]"), 1 << 50, "more than 1000000 tensors"},
		"empty tensors":               {numbered("[0]", "[0,0]"), 0, "more than 1000000 tensors"},
		"entries that are empty":      {func(int) string { return `"a":{}` }, 0, "lacks"},
		"many dimensions":             {numbered("[0"+repeat(",0", maxRank-1)+"]", "[0,0]"), 0, "more than 3000000 dimensions"},
		"braces":                      {func(int) string { return "{" }, 0, "has '{' where '\"'"},
		"metadata": {func(i int) string {
			if i == 0 {
				return `"__metadata__":{"":""`
			}
			return fmt.Sprintf(`"%x":""`, i)
		}, 0, "more than 65536 entries"},
	}
	told := golden.Tell(t, "testdata/"+t.Name()+".golden")
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := checkMemory(t, fullFile(maxHeader, test.member), test.dataSize)
			checkFormatError(t, err, test.want)
			told.Add(fmt.Sprintf("%s: %v", name, err))
		})
	}
}

// Names with escapes are copied out of the header, so that a header may be
// held almost twice.
func TestHostileName(t *testing.T) {
	skipHuge(t)
	content := fileBytes(`{"`+repeat(`\n`, maxHeader/2-10)+`":{}}`, 0)
	checkFormatError(t, checkMemory(t, content, 0), "control character")
}

// largestFile is the most that is accepted: every limit is reached at once.
func largestFile() []byte {
	return fullFile(maxTensors, func(i int) string {
		scrambled := uint64(i) * 0x9e3779b97f4a7c15 // so that sorting has work to do
		return entry(fmt.Sprintf(`\"%040x`, scrambled), "U8", "[1,1,0]", "[0,0]")
	})
}

func TestLargestHeader(t *testing.T) {
	skipHuge(t)
	if err := checkMemory(t, largestFile(), 0); err != nil {
		t.Error(err)
	}
}
