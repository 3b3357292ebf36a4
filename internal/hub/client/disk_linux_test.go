package client_test

import (
	"errors"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestFullDisk: nothing is left of what had no room, and what was there stays.
func TestFullDisk(t *testing.T) {
	home := t.TempDir()
	if err := unix.Mount("tmpfs", home, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("mounting is not permitted: %v", err)
	}
	t.Cleanup(func() { must(t, unix.Unmount(home, 0)) })
	s := newServer(t)
	_, err := fetch(t.Context(), s.client(home), parse(t, "hf://acme/lora"))
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "hf://acme/lora@"+first+": adapter_model.safetensors: write ") {
		t.Errorf("%v", err)
	}
	s.check(home, false, -1)
	if parts, err := filepath.Glob(filepath.Join(home, "hub", "models--acme--lora", "blobs", "*.incomplete")); err != nil || len(parts) > 0 {
		t.Errorf("%v, %v is left", err, parts)
	}
}
