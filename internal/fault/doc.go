// Package fault is how the program says what is wrong with something that its user can
// mend: a recipe, an adapter's file, a path.
//
// A [Fault] says where, what and what to do about it. Its parts are kept separate until they
// are printed: a Fault that was caused by another one inherits its remedy and page, and its
// text continues with the other's place and text. So the author of a recipe reads
//
//	merge.yaml:4:15: adapters/sql/adapter_model.safetensors: is empty; download it again
//
// though the file was read by a package that has never heard of recipes. Several Faults
// are gathered by [github.com/hashicorp/go-multierror], and put in order by [List].
//
// An error that is no Fault has nothing to do with the user's files: a full disk, an
// interrupt. The command's exit code distinguishes the two.
package fault
