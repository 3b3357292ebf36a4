package fault_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/internal/fault"
)

func TestError(t *testing.T) {
	line := fault.Position{File: "r.yaml", Line: 3, Column: 7}
	tensor := fault.Position{File: "w.safetensors", Tensor: "a.b"}
	inner := fault.At(tensor.AtByte(0), "it is odd").Mend("save it again").See("odd")
	for want, f := range map[string]*fault.Fault{
		`it is odd`:                                        fault.New("it is odd"),
		`r.yaml:3:7: 5 is odd; halve it`:                   fault.At(line, "%d is odd", 5).Mend("halve it"),
		`r.yaml:3:7: it is 100% odd; take 50%`:             fault.At(line, "it is 100%% odd").Mend("take 50%"),
		`out: is a file`:                                   fault.In("out", "is a file"),
		`w.safetensors: tensor "a.b": it is odd`:           fault.At(tensor, "it is odd"),
		`w.safetensors: it is odd (at byte 12); mend it`:   fault.At(fault.Position{File: "w.safetensors"}.AtByte(12), "it is odd").Mend("mend it"),
		`out: can't be read: file does not exist; look`:    fault.In("out", "can't be read").Because(fs.ErrNotExist).Mend("look"),
		`out: file does not exist`:                         fault.In("out", "").Because(fs.ErrNotExist),
		`f: tensor "\x1b[2J\u202e../\x00": it is odd`:      fault.At(fault.Position{File: "f", Tensor: "\x1b[2J\u202e../\x00"}, "it is odd"),
		`f: tensor "` + strings.Repeat("é", 100) + `"…: x`: fault.At(fault.Position{File: "f", Tensor: strings.Repeat("é", 101)}, "x"),
		// One that was caused by another has its text, and its remedy at the end.
		`r.yaml:3:7: w.safetensors: tensor "a.b": it is odd (at byte 0); save it again`:          fault.At(line, "").Because(inner),
		`r.yaml:3:7: no merge: w.safetensors: tensor "a.b": it is odd (at byte 0); leave it out`: fault.At(line, "no merge").Mend("leave it out").Because(inner),
	} {
		if got := f.Error(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestTakenOver: what mends the cause mends what it causes, however many lie between, and
// the cause itself can still be found.
func TestTakenOver(t *testing.T) {
	inner := fault.In("w", "is odd").Mend("save it again").See("odd").Because(fs.ErrInvalid)
	outer, ok := fault.Wrap(fault.Place(fault.Position{File: "r.yaml", Line: 1, Column: 2}, inner), "stage %q", "x").(*fault.Fault)
	if !ok || outer.Remedy != "save it again" || outer.Page != "odd" || !errors.Is(outer, fs.ErrInvalid) {
		t.Errorf("%#v", outer)
	}
	if want := `stage "x": r.yaml:1:2: w: is odd: invalid argument; save it again`; outer.Error() != want {
		t.Errorf("%q, want %q", outer.Error(), want)
	}
	if got := inner.Error(); got != "w: is odd: invalid argument; save it again" {
		t.Errorf("the cause has become %q", got)
	}
}

// TestNoFault: an error that the user can't mend does not become a Fault by being wrapped.
func TestNoFault(t *testing.T) {
	err := fault.Wrap(fs.ErrClosed, "stage %q", "x")
	if _, ok := errors.AsType[*fault.Fault](err); ok || !errors.Is(err, fs.ErrClosed) || err.Error() != `stage "x": file already closed` {
		t.Errorf("%#v", err)
	}
}

func TestPlace(t *testing.T) {
	at := fault.Position{File: "r.yaml", Line: 4, Column: 1}
	if err := fault.Place(at, nil); err != nil {
		t.Errorf("of nothing: %v", err)
	}
	there := fault.At(fault.Position{File: "r.yaml", Line: 9, Column: 3}, "is wrong")
	got := texts(fault.Place(at, multierror.Append(nil, fs.ErrClosed, there, fault.In("w", "is odd"))))
	want := []string{"r.yaml:4:1: file already closed", "r.yaml:4:1: w: is odd", "r.yaml:9:3: is wrong"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestList(t *testing.T) {
	in := func(file string, line, column int) *fault.Fault {
		return fault.At(fault.Position{File: file, Line: line, Column: column}, "x")
	}
	nested := multierror.Append(nil, in("b", 2, 1), multierror.Append(nil, in("a", 1, 1), in("b", 1, 9)))
	err := multierror.Append(nested, in("b", 1, 2), in("b", 7, 7).Foremost(), fs.ErrClosed, in("a", 0, 0))
	want := []string{"file already closed", "b:7:7: x", "b:1:2: x", "b:1:9: x", "b:2:1: x", "a: x", "a:1:1: x"}
	if got := texts(err); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := texts(nil); len(got) > 0 {
		t.Errorf("of nothing: %q", got)
	}
	if got := texts(fs.ErrClosed); !slices.Equal(got, []string{"file already closed"}) {
		t.Errorf("of one error: %q", got)
	}
}

// TestJSON: programs read flat objects, without what only a terminal wants.
func TestJSON(t *testing.T) {
	for want, f := range map[string]*fault.Fault{
		`{"file":"r.yaml","line":3,"column":7,"text":"it is odd","remedy":"halve it","page":"odd"}`: fault.At(fault.Position{File: "r.yaml", Line: 3, Column: 7}, "it is odd").Mend("halve it").See("odd").Because(fs.ErrInvalid),
		`{"file":"w","line":0,"column":0,"tensor":"a.b","text":"it is odd"}`:                        fault.At(fault.Position{File: "w", Tensor: "a.b"}.AtByte(7), "it is odd"),
	} {
		if got, err := json.Marshal(f); string(got) != want || err != nil {
			t.Errorf("%s, %v, want %s", got, err, want)
		}
	}
}

func texts(err error) []string {
	var out []string
	for _, e := range fault.List(err) {
		out = append(out, e.Error())
	}
	return out
}
