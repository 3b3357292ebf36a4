// Package command runs evaluators: programs that a recipe names, which score an adapter.
//
// A command is a list of words, handed to the system as they are: there is no shell, and so no
// quoting. [Check] finds what is wrong with the placeholders in the words before anything
// runs, [Expand] replaces them, and [Run] starts the program in a process group of its own, which
// has ended, children included, when Run returns.
//
// Starting programs is the one thing that a recipe from a stranger must not be able to do. So
// this is the only package that can start what a recipe names, and its callers need the user's leave: a flag, or a
// [Leave], which records the hash of what a recipe's commands would execute.
package command
