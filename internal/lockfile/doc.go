// Package lockfile reads, writes and compares locks: what a recipe's last run read and
// made. A lock lies beside its recipe and is committed with it. What a run does with one is
// package run's business.
package lockfile
