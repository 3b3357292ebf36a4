// Package api holds a test that needs the types of Kubernetes' own interface. It is a module of its own, so that
// loramerge and whoever uses it depend on none of them.
package api
