// Package gen makes up adapters: PEFT folders with the shapes, names and spread of
// values of trained ones, but with nothing learnt in them. The same Spec gives the
// same bytes on every machine, so that tests and benchmarks can name their input in
// a line of code instead of carrying it.
//
// What is made is valid by construction. Broken files, for tests of the readers,
// are made where the readers are tested.
package gen
