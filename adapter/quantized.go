package adapter

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/loramerge/loramerge/internal/osfile"
)

// quantizedName is the name of a base model that says how its weights are quantized, in the
// words that those who publish such models put behind the model's own name.
var quantizedName = regexp.MustCompile(`(?i)^(.+?)((?:[-_.](?:` + strings.Join([]string{
	`[2-8]bits?`, `int[2-8]`, `fp[48]`, `nf4`, `nvfp4`, `mxfp[48]`, `w\d+a\d+`, `q[2-8](?:_[01k](?:_[sml])?)?`, `\d+(?:\.\d+)?bpw`,
	`bnb`, `bitsandbytes`, `gptq`, `awq`, `gguf`, `exl[23]`, `hqq`, `aqlm`, `vptq`, `eetq`, `autoround`, `quantized`,
	// what only goes with such a word
	`unsloth`, `mlx`, `dwq`, `qat`, `dynamic`, `block`, `marlin`, `sym`, `\d+g`, `gs?\d+`,
}, "|") + `))+)[/\\]?$`)

// goesWith are words in quantizedName that alone say nothing.
var goesWith = regexp.MustCompile(`(?i)^(?:[-_.](?:unsloth|mlx|dwq|qat|dynamic|block|marlin|sym|\d+g|gs?\d+))+$`)

// Quantized takes the name of a base model apart into the model's own and the words behind it
// that say how its weights are quantized: "unsloth/gemma-3-4b-it" and "bnb-4bit". There are no
// words where the name does not say it.
func (b Base) Quantized() (plain, words string) {
	found := quantizedName.FindStringSubmatch(b.Name)
	if found == nil || goesWith.MatchString(found[2]) {
		return b.Name, ""
	}
	return found[1], found[2][1:]
}

// SameButQuantized reports whether two base models are, by their names, one model of which one
// name or both say that its weights are quantized. Who published it does not count.
func SameButQuantized(x, y Base) bool {
	plainX, wordsX := x.Quantized()
	plainY, wordsY := y.Quantized()
	return wordsX+wordsY != "" && strings.EqualFold(lastPart(plainX), lastPart(plainY))
}

func lastPart(name string) string {
	return name[strings.LastIndexAny(name, `/\`)+1:]
}

// loadIn is how the model cards that PEFT and Axolotl write say that the base model was
// quantized for training: PEFT in a list, Axolotl in its configuration.
var loadIn = regexp.MustCompile(`(?im)^[ \t]*(?:[-*] )?_?load_in_([48])bit: *true[ \t]*\r?$`)

// cardLimit bounds how much of a model card is read.
const cardLimit = 64 << 10

// NoteQuantized notes that the adapter was trained on quantized weights, where that is known:
// from the name of its base model, or else from the model card beside it.
func (a *Adapter) NoteQuantized(base Base) {
	from := ""
	if _, words := base.Quantized(); words != "" {
		from = fmt.Sprintf("%s, says the base model's name", words)
	} else if card, err := osfile.ReadUpTo(filepath.Join(a.Folder(), CardFile), cardLimit); err == nil {
		if found := loadIn.FindSubmatch(card); found != nil {
			from = fmt.Sprintf("load_in_%sbit, says its %s", found[1], CardFile)
		}
	}
	if from != "" {
		a.Notes = append(a.Notes, Note{Text: fmt.Sprintf("was trained on quantized weights (%s): its ΔW was learned beside those, not beside the full ones", from),
			Remedy: "evaluate the result on the weights that will serve it", Page: "quantized-bases"})
	}
}
