// Package recipe reads the recipe language: YAML in, a Recipe with a position on
// everything out. It knows the grammar (stages, verbs, references and the forms a
// parameter can take, variables) but no verb: those are declared by the caller, as
// Verbs. The JSON Schema for editors follows from the same declarations.
//
// Every mistake of a file is found in one pass and returned together, as
// Faults in a multierror. What a stage means, and whether the adapters
// it names fit together, is not decided here.
//
// # The order of the files
//
// recipe.go is what comes out, and verb.go what the caller declares. [Parse] (parse.go) decodes
// the YAML and hands its nodes to the reader (reader.go), which gathers the mistakes. It reads the
// top level (field.go), puts variables in (vars.go), and reads the stages (readstage.go): each
// parameter by its [Type], of which the files type.go, names.go, command.go and record.go have one or
// more each. A number that differs by adapter, module or depth is number.go, and reading it
// readnumber.go. A load of another recipe's stage is reuse.go and readreuse.go. The remedies of misspelt
// names are suggest.go, and the schema is the files schema*.go. The search for the values of variables
// is sweep.go, and reading it readsweep.go, readaxis.go and readwhen.go.
//
// canonical.go goes the other way, and writes what was read. Of a stage's parameters there are three
// texts. [Params.Texts] and [Params.Canonical] have all of them, each by its name or in one text.
// [Params.Chosen] and [Params.Resolved] have those that the result depends on and that are not at
// their defaults, for a whole stage or at one module: these are hashed. [Recipe.Canonical] has what was
// written, and is a recipe again. [Rewrite] (rewrite.go) changes a recipe's text and keeps the rest of
// it to the byte; span.go finds where YAML's nodes end.
package recipe
