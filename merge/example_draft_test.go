package merge_test

import (
	"fmt"

	"github.com/loramerge/loramerge/merge"
)

func ExampleDraft() {
	recipe, err := merge.Draft(
		[]string{"../testdata/adapters/python", "../testdata/adapters/chat"},
		merge.DraftOptions{Method: "karcher", Dir: ".."})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(string(recipe))
	// Output:
	// # A karcher merge of 2 adapters, drafted by `loramerge init`. Change it as you like:
	// # `loramerge plan` shows what a change does, and `loramerge run` carries it out.
	// #
	// #   python: 9 pairs of rank 8 and alpha 16, for "loramerge/tiny-base"
	// #   chat: 9 pairs of rank 4 and alpha 4, for "loramerge/tiny-base"
	// version: 1
	// stages:
	//   # A path is relative to this file.
	//   adapters:
	//     load:
	//       python: testdata/adapters/python
	//       chat: testdata/adapters/chat
	//
	//   # Scales (alpha/r), ranks or modules differ, so that A and B can't be merged apart: the changes
	//   # that they make, ΔW = s·B·A, are merged, and brought back to the largest of the ranks.
	//   # `energy: 0.99` in the place of `rank` takes as much as it needs.
	//   deltas:
	//     delta: adapters
	//
	//   # The mean on the sphere: it keeps the adapters' length, and depends on no order.
	//   # Only the weights' proportions matter.
	//   blended:
	//     karcher: deltas
	//     weights: {python: 0.5, chat: 0.5}
	//
	//   merged:
	//     factor: blended
	//     rank: 8
	//
	//   # Two files, for PEFT and vLLM to load.
	//   out:
	//     save: merged
	//     to: out/merged
}
