package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/loramerge/loramerge/internal/osfile"
	"github.com/loramerge/loramerge/internal/outdir"
	"github.com/loramerge/loramerge/merge/run"
)

// ratesPath is where the cache's folder has what work took in earlier runs on this machine.
func ratesPath(cacheDir string) string { return filepath.Join(cacheDir, "rates.json") }

const ratesLimit = 64 << 10

// readRates are those of earlier runs. A file that is missing or damaged holds none.
func (u *ui) readRates() (rates run.Rates) {
	dir, err := u.cacheDir()
	if err != nil {
		return rates
	}
	text, err := osfile.ReadUpTo(ratesPath(dir), ratesLimit)
	if err != nil || json.Unmarshal(text, &rates) != nil || !rates.Sound() {
		return run.Rates{}
	}
	return rates
}

// keepRates adds what a run has shown. Without it the next estimate is a worse one.
func (u *ui) keepRates(found run.Rates) {
	dir, err := u.cacheDir()
	if err != nil || !found.Known() {
		return
	}
	if _, err := os.Stat(dir); err != nil {
		return
	}
	if text, err := json.Marshal(u.readRates().With(found)); err == nil {
		_ = outdir.WriteFile(ratesPath(dir), text)
	}
}

// forgetRates removes them.
func forgetRates(cacheDir string) error {
	if err := os.Remove(ratesPath(cacheDir)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
