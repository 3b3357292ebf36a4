// Package fault is how the program says what is wrong with something that its user can
// mend: a recipe, an adapter's file, a path.
//
// A [Fault] says where, what and what to do about it. Its parts stay apart until somebody
// prints them: a Fault that was caused by another one takes over its remedy and page,
// and its text goes on with the other's place and text. So the reader of a recipe is told
//
//	merge.yaml:4:15: adapters/sql/adapter_model.safetensors: is empty; download it again
//
// though the file was read by a package that has never heard of recipes. Several Faults
// are gathered by [github.com/hashicorp/go-multierror], and put in order by [List].
//
// An error that is no Fault is one that the user's files have no part in: a full disk, an
// interrupt. The command's exit code tells the two apart.
package fault
