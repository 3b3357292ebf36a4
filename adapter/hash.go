package adapter

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
)

// SHA256 is the hash of the weights' file, in hexadecimal, as sha256sum and the
// Hugging Face Hub give it.
func (a *Adapter) SHA256() (string, error) {
	file, err := os.Open(a.file.Path())
	if err != nil {
		return "", readable(a.file.Path(), err)
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", readable(a.file.Path(), err)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// Stat tells of the open weights' file, whatever has since taken its path.
func (a *Adapter) Stat() (os.FileInfo, error) { return a.file.Stat() }
