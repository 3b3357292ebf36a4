// Package kubernetes writes the Job by which Kubernetes runs the ranks of a sweep.
//
// With several workers it is an indexed Job: each pod runs `loramerge sweep RECIPE --rank I/N`, where I
// is the pod's completion index, and appends its records to the folder of the sweep, which lies on
// a volume that all pods mount. With one worker it is a plain Job, whose pod measures whatever
// is left and prints the answer. A search that needs the results of a generation or rung for
// the next can't be an indexed Job, all of whose pods are there from the start.
//
// The manifest is made from plain structs; a test in a module of its own decodes it strictly into the types of
// k8s.io/api, which users of this one need not download.
package kubernetes
