// Package mergekit reads configurations of mergekit (https://github.com/arcee-ai/mergekit)
// whose models are LoRA adapters, and writes them as recipes of loramerge. It knows
// the two formats and nothing of what stages do: whether the recipe plans is for the
// planner to say.
//
// mergekit puts each adapter into its base model and merges the models. The recipes
// do the same in the space delta: of W₀ + ΔW only ΔW = s·B·A takes part, and a method
// that works on task vectors gives the same ΔW. The result is brought back to factors,
// which mergekit does not do.
package mergekit
