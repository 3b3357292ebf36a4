package onefile

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/adapter"
)

// ofModel are the keys that say which model an adapter is for and how it is loaded. kohya's
// sd-scripts write those that begin with ss_ (library/train_util.py, SS_METADATA_MINIMUM_KEYS),
// the others are of https://github.com/Stability-AI/ModelSpec.
var ofModel = []string{
	BaseVersion, "ss_v2", "ss_network_module", "ss_clip_skip",
	"modelspec.sai_model_spec", "modelspec.architecture", "modelspec.implementation", "modelspec.prediction_type",
	"modelspec.resolution", "modelspec.encoder_layer", "modelspec.timestep_range",
}

// BaseVersion is the key of the kind of base model, such as sd_v1 or sdxl_base_v1-0.
const BaseVersion = "ss_base_model_version"

// Library is what model hubs call the library that loads adapters of image models, of kohya's naming
// too.
const Library = "diffusers"

const (
	license   = "modelspec.license"
	trigger   = "modelspec.trigger_phrase"
	title     = "modelspec.title"
	mergedOf  = "modelspec.merged_from"
	modelSpec = "modelspec."
)

// Metadata is what a merge of some adapters says of itself in the words of the programs of image
// models. What says which model they are for stays unless two of them differ; their licence, if
// all of them have the same. The words that trigger them are listed, and so are their names. What
// describes the training of one of them, its author or its weights (dates, tags, hashes) is left
// out.
func Metadata(content adapter.Content) map[string]string {
	inputs, out := content.Inputs, make(map[string]string)
	for _, key := range ofModel {
		if values := valuesOf(inputs, key); len(values) == 1 {
			out[key] = values[0]
		}
	}
	if values := valuesOf(inputs, license); len(values) == 1 && !slices.ContainsFunc(inputs, func(a *adapter.Adapter) bool { return a.Metadata()[license] == "" }) {
		out[license] = values[0]
	}
	if phrases := valuesOf(inputs, trigger); len(phrases) > 0 {
		out[trigger] = strings.Join(phrases, ", ")
	}
	if slices.ContainsFunc(inputs, hasModelSpec) {
		var names []string
		for _, a := range inputs {
			names = append(names, strings.TrimSuffix(filepath.Base(a.Path), extension))
		}
		out[mergedOf] = strings.Join(names, ", ")
		if content.Title != "" {
			out[title] = content.Title
		}
	}
	return out
}

func hasModelSpec(a *adapter.Adapter) bool {
	for key := range a.Metadata() {
		if strings.HasPrefix(key, modelSpec) {
			return true
		}
	}
	return false
}

// valuesOf are the different values that some adapters have for a key, in their order.
func valuesOf(inputs []*adapter.Adapter, key string) []string {
	var values []string
	for _, a := range inputs {
		if value := a.Metadata()[key]; value != "" && !slices.Contains(values, value) {
			values = append(values, value)
		}
	}
	return values
}
