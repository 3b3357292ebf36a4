// Package recipe reads the recipe language: YAML in, a Recipe with a position on
// everything out. It knows the grammar (stages, verbs, references and the forms a
// parameter can take, variables) but no verb: those are declared by the caller, as
// Verbs. The JSON Schema for editors follows from the same declarations.
//
// Every mistake of a file is found in one pass and returned together, as
// Faults in a multierror. What a stage means, and whether the adapters
// it names fit together, is not decided here.
package recipe
