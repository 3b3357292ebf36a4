// Package mapkeys lists the keys of maps in their order, since Go visits them in none.
package mapkeys
