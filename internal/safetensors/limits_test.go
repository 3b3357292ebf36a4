package safetensors

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"runtime"
	"strconv"
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
	return func(i int) string { return entry(strconv.FormatInt(int64(i), 16), "U8", shape, offsets) }
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

// hostileHeaders are as many members as 100 MB can hold: ten million overlapping
// tensors would take a header of 480 MB, which its length alone rules out.
var hostileHeaders = map[string]struct {
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
	"metadata":                    {manyNotes, 0, "more than 65536 entries"},
}

// manyNotes is a member for fullFile: of one object of metadata.
func manyNotes(i int) string {
	if i == 0 {
		return `"__metadata__":{"":""`
	}
	return `"` + strconv.FormatInt(int64(i), 16) + `":""`
}

func TestHostileHeaders(t *testing.T) {
	skipHuge(t)
	gathered := golden.Gather(t, "testdata/"+t.Name()+".golden")
	for name, test := range hostileHeaders {
		t.Run(name, func(t *testing.T) {
			err := checkMemory(t, fullFile(maxHeader, test.member), test.dataSize)
			checkFault(t, err, test.want)
			gathered.Add(fmt.Sprintf("%s: %v", name, err))
		})
	}
}

// Names with escapes are copied out of the header, so that a header may be
// held almost twice.
func TestHostileName(t *testing.T) {
	skipHuge(t)
	content := fileBytes(`{"`+repeat(`\n`, maxHeader/2-10)+`":{}}`, 0)
	checkFault(t, checkMemory(t, content, 0), "control character")
}

// scrambled puts i elsewhere among maxTensors, so that sorting has work to do.
func scrambled(i int) int { return i * 7919 % maxTensors }

// largestHeaders reach every limit that they can at once, and are accepted: names that
// are copied out, and alike at their beginning, of tensors without order.
var largestHeaders = map[string]struct {
	member   func(i int) string
	dataSize int64
}{
	"empty tensors": {func(i int) string {
		return entry(fmt.Sprintf(`\"%040x`, scrambled(i)), "U8", "[1,1,0]", "[0,0]")
	}, 0},
	"tensors of a byte": {func(i int) string {
		at := scrambled(i)
		return entry(fmt.Sprintf(`\"%030x`, at), "U8", "[1,1,1]", fmt.Sprintf("[%d,%d]", at, at+1))
	}, maxTensors},
}

func TestLargestHeader(t *testing.T) {
	skipHuge(t)
	for name, test := range largestHeaders {
		t.Run(name, func(t *testing.T) {
			if err := checkMemory(t, fullFile(maxTensors, test.member), test.dataSize); err != nil {
				t.Error(err)
			}
		})
	}
}
