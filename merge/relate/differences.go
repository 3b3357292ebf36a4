package relate

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/merge/plan"
)

// differences are what the folders say of different tasks and tokenizers.
func differences(ctx context.Context, adapters []Opened) []Finding {
	out := []Finding{}
	if names, text := tasks(adapters); len(names) > 0 {
		out = append(out, Finding{About: Task, Adapters: names, Text: "the adapters differ in their task_type, so that the merged one has none: " + text,
			Remedy: "load it with PeftModel.from_pretrained, or write the intended task_type into its adapter_config.json"})
	}
	for _, group := range []string{adapter.Tokenizer, adapter.ChatTemplate} {
		if names, files := unlikeFiles(ctx, adapters, group); len(names) > 0 {
			out = append(out, Finding{About: Files, Adapters: names,
				Text:   fmt.Sprintf("the %ss beside %s differ (%s)", strings.ReplaceAll(group, "-", " "), listed(names), strings.Join(files, ", ")),
				Remedy: "a merged adapter is used with one of them: check that they give the same tokens, and say in the save whose to copy, such as `carry: {" + group + ": " + names[0] + "}`", Page: "files-beside"})
		}
	}
	return out
}

// tasks lists the adapters, and who names which task, unless all name the same one.
func tasks(adapters []Opened) (names []string, text string) {
	var order []string
	of := make(map[string][]string)
	for _, a := range adapters {
		task := cmp.Or(a.Task, "none")
		if of[task] == nil {
			order = append(order, task)
		}
		names, of[task] = append(names, a.Name), append(of[task], a.Name)
	}
	if len(order) < 2 {
		return nil, ""
	}
	for i, task := range order {
		order[i] = task + " of " + listed(of[task])
	}
	return names, strings.Join(order, "; ")
}

// unlikeFiles finds the files of a group that several adapters have beside them and that differ, and these adapters.
func unlikeFiles(ctx context.Context, adapters []Opened, group string) (names, files []string) {
	for _, file := range adapter.CarryGroups[group] {
		var having []string
		var first digest.Digest
		differ := false
		for _, a := range adapters {
			hash, err := plan.FreshHashes{}.Hash(ctx, filepath.Join(a.Path, file))
			if err != nil {
				continue // it has no such file, or none that can be read
			}
			if len(having) == 0 {
				first = hash
			}
			differ, having = differ || hash != first, append(having, a.Name)
		}
		if !differ {
			continue
		}
		files = append(files, file)
		for _, name := range having {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names, files
}
