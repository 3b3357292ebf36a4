package peft

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/jsonobject"
)

const lfsPointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"

func TestFoldersThatAreNone(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	writeFile(t, file, nil)
	expectFault(t, filepath.Join(dir, "absent"), "absent: no such adapter folder; check the path")
	expectFault(t, file, "file: is a file, not an adapter's folder; name the folder that holds adapter_config.json")
	expectFault(t, filepath.Join(file, "within"), "within: cannot be read: stat ", "; check its permissions, and those of the folders above it")
	expectFault(t, dir, "2 errors occurred", ConfigFile+": does not exist; an adapter is a folder that holds", WeightsFile+": does not exist")
}

func TestMissingFiles(t *testing.T) {
	path := folder(t, configWith(), pairOf("q_proj", 2, 3, 4)...)
	remove(t, filepath.Join(path, WeightsFile))
	expectFault(t, path, WeightsFile+": does not exist")
	writeFile(t, filepath.Join(path, "adapter_model.bin"), []byte("PK\x03\x04"))
	expectFault(t, path, "adapter_model.bin: is a pickle, which would be executed when read; `loramerge errors pickles` has the lines of Python")

	path = folder(t, configWith(), pairOf("q_proj", 2, 3, 4)...)
	remove(t, filepath.Join(path, ConfigFile))
	expectFault(t, path, ConfigFile+": does not exist")
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func TestPointersInPlaceOfFiles(t *testing.T) {
	path := folder(t, lfsPointer, pairOf("q_proj", 2, 3, 4)...)
	expectFault(t, path, ConfigFile+": is a Git LFS pointer, not the file itself; ", "git lfs pull")
	path = folder(t, configWith())
	writeFile(t, filepath.Join(path, WeightsFile), []byte(lfsPointer))
	expectFault(t, path, WeightsFile+": it is a Git LFS pointer, not the file itself; ", "git lfs pull")
}

func TestDamagedWeights(t *testing.T) {
	path := folder(t, configWith())
	for content, want := range map[string]string{
		"": "it is empty", "\x05": "too few for a header", strings.Repeat("\xff", 64): "the header's length is given as",
	} {
		writeFile(t, filepath.Join(path, WeightsFile), []byte(content))
		expectFault(t, path, WeightsFile, want)
	}
}

func TestConfigFiles(t *testing.T) {
	for content, want := range map[string]string{
		"":                       ":1:1: this is not a valid adapter configuration: unexpected end of JSON input; copy it",
		"{\n  \"r\": 8,\n  r\n}": ":3:3: this is not a valid adapter configuration: invalid character 'r' looking for",
		"{\"r\": 8} {}":          ":1:10: this is not a valid adapter configuration: invalid character '{' after top-level value",
		"[]":                     ":1:1: this is not a valid adapter configuration: must be an object, not array",
		"null":                   ": is not a JSON object; it must contain one JSON object",
		"\ufeff{}":               ":1:1: this is not a valid adapter configuration: invalid character",
		"{\"r\": \"\xff\"}":      ": is not UTF-8 text; save it again as UTF-8",
		strings.Repeat(" ", jsonobject.SizeLimit) + "{}": ": is larger than 16777216 bytes; check that it is an adapter's own configuration",
		strings.Repeat("[", 20_000):                      ":1:10001: this is not a valid adapter configuration: invalid character '[' exceeded max depth",
	} {
		expectFault(t, folder(t, content, pairOf("q_proj", 2, 3, 4)...), ConfigFile+want)
	}
	path := folder(t, configWith(), pairOf("q_proj", 2, 3, 4)...)
	remove(t, filepath.Join(path, ConfigFile))
	if err := os.Mkdir(filepath.Join(path, ConfigFile), 0o700); err != nil {
		t.Fatal(err)
	}
	expectFault(t, path, ConfigFile+": is not a regular file")
}

func TestFaultKeepsItsCause(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	writeFile(t, file, nil)
	_, err := open(filepath.Join(file, "within"), adapter.Options{})
	if _, ok := errors.AsType[*os.PathError](err); !ok {
		t.Errorf("%v does not wrap a PathError", err)
	}
}

func TestFind(t *testing.T) {
	a := opened(t, configWith(), append(pairOf("b.q_proj", 2, 3, 4), pairOf("a.q_proj", 2, 3, 4)...)...)
	if m := module(t, a, "b.q_proj"); m.Name != "b.q_proj" || a.Modules[0].Name != "a.q_proj" {
		t.Errorf("found %q, first is %q", m.Name, a.Modules[0].Name)
	}
	if _, ok := a.Find("q_proj"); ok {
		t.Error("found a module that is not there")
	}
}

// The hash is sha256sum's of the same bytes: of "abc", by FIPS 180-2, appendix B.1.
func TestSHA256(t *testing.T) {
	a := opened(t, configWith(), pairOf("q_proj", 2, 3, 4)...)
	writeFile(t, filepath.Join(a.Path, WeightsFile), []byte("abc"))
	got, err := a.SHA256()
	if err != nil || got != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" {
		t.Errorf("%s, %v", got, err)
	}
	remove(t, filepath.Join(a.Path, WeightsFile))
	if _, err := a.SHA256(); err == nil || !strings.Contains(err.Error(), WeightsFile+": cannot be read") {
		t.Errorf("of no file: %v", err)
	}
}
