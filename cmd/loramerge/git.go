package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// git runs git in the folder of a file, and returns what it prints.
func git(ctx context.Context, file string, args ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, "git", args...)
	command.Dir = filepath.Dir(file)
	// A partial clone would fetch what it lacks, by a program that its configuration names.
	command.Env = append(os.Environ(), "GIT_NO_LAZY_FETCH=1")
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if said := strings.TrimSpace(stderr.String()); err != nil && said != "" {
		return nil, fmt.Errorf("%w: %s", err, said)
	}
	return out, err
}

// fileAt asks git for a file as it was in a revision, whose name does not begin with a hyphen.
func fileAt(ctx context.Context, path, revision string) ([]byte, error) {
	return git(ctx, path, "show", "--end-of-options", revision+":./"+filepath.Base(path))
}
