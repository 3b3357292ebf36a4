package run

import (
	"fmt"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/stages"
)

const (
	tooSmall = 0.5 // of what `norm: inputs` gives
	tooLarge = 2
)

// warning is what there is to say of a merge that came out at an odd size; nil of others.
func (s *sizing) warning(size MergeSize) error {
	if size.ByInputs == 0 || size.Norm >= tooSmall*size.ByInputs && size.Norm <= tooLarge*size.ByInputs {
		return nil
	}
	written := s.merge.Stage
	if written.Origin != nil {
		written = written.Origin
	}
	text := fmt.Sprintf("%q came out at %.2g times the size that suits its inputs: ", s.ID, size.Norm/size.ByInputs)
	if size.Norm < size.ByInputs {
		text += "every skill is likely to be weak"
	} else {
		text += "it is likely to do harm"
	}
	remedy := fmt.Sprintf("unless that is intended, add `norm: inputs` to %q", written.Name)
	switch {
	case stages.SetsNorm(written):
		remedy = fmt.Sprintf("unless that is intended, look at the stages between %q and %q", written.Name, s.ID)
	case s.thinner != nil && written.Origin == nil && s.merge.Origin == nil:
		remedy = "unless that is intended, add the stage `" + stages.SizedLine(s.ID, plan.InputsText(s.Slots[1]), s.merge.Stage) + "`"
	}
	return fault.At(written.Position, "%s", text).Mend(remedy).See("size")
}
