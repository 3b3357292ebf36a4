package merge_test

import (
	"context"
	"fmt"

	"github.com/loramerge/loramerge/merge/draft"
)

func Example_draft() {
	recipe, err := draft.New(context.Background(),
		[]string{"../testdata/adapters/python", "../testdata/adapters/chat"},
		draft.Options{Method: "karcher", Dir: ".."})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(string(recipe))
	// Output:
	// # A merge of 2 adapters by karcher, drafted by `loramerge init`. `loramerge plan` shows what a
	// # change does, and `loramerge run` runs it.
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
	//   # ΔW = s·B·A is what an adapter does: merging it is exact for any alpha and rank.
	//   deltas:
	//     delta: adapters
	//
	//   # The mean direction of the adapters on the sphere, independent of their order.
	//   # norm: inputs gives the merge the adapters' mean norm, reduced where they interfere:
	//   # size matters more than method.
	//   # `weights: {default: 1, python: 2}` gives one adapter twice the weight of the others.
	//   merged:
	//     karcher: deltas
	//     norm: inputs
	//
	//   # Rank 12 is the sum of the adapters' ranks.
	//   # What a rank costs depends on the merge: `loramerge run` says which share of ‖ΔW‖² is lost;
	//   # about that share of the effect goes with it.
	//   # vLLM accepts this rank without a flag.
	//   back:
	//     factor: merged
	//     rank: 12
	//
	//   # A folder for PEFT and for servers to load.
	//   out:
	//     save: back
	//     to: out/merged
	//
	//   # A merge is good when it was measured (docs/evaluate.md). Write a script that prints an adapter's scores with
	//   # their errors, such as {"metrics": {"TASK": {"value": 0.7, "stderr": 0.02, "direction": "maximize"}}}, and
	//   # uncomment this. `loramerge allow`, with this file, then lets the script run.
	//   #
	//   # scores:
	//   #   evaluate: back
	//   #   experts: adapters
	//   #   evaluators:
	//   #     script: {run: [python3, eval.py, "{adapter}"], inputs: eval.py}
	//   #   tasks: # each adapter's own
	//   #     python: {evaluator: script, metric: python}
	//   #     chat: {evaluator: script, metric: chat}
	//   #   gates:
	//   #     - {recovered: worst, at-least: 0.5} # half of what each adapter gains over the base model
}
