//go:build unix

package safetensors

import (
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestOpenNamedPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Skip("no named pipes here:", err)
	}
	_, err := Open(path)
	checkFault(t, err, "not a regular file")
}

func TestOpenDevice(t *testing.T) {
	_, err := Open("/dev/zero")
	checkFault(t, err, "not a regular file")
}
