package main

import (
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/loramerge/loramerge/internal/fault"
)

// openers show a page with the person's own browser, by operating system.
var openers = map[string][]string{"darwin": {"open"}, "windows": {"rundll32", "url.dll,FileProtocolHandler"}}

// openPage does so because it was asked to; nothing else starts a browser.
func openPage(file string) error {
	path, err := filepath.Abs(file)
	if err != nil {
		return err
	}
	words, known := openers[runtime.GOOS]
	if !known {
		words = []string{"xdg-open"}
	}
	if err := exec.Command(words[0], append(words[1:], path)...).Start(); err != nil {
		return fault.In(file, "the page is written, and no browser could be started to show it").Because(err).Mend("open it yourself")
	}
	return nil
}
