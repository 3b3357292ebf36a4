package peft

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
)

// Adapters of other formats are named as what they are, by file and by folder.
func TestOtherFormats(t *testing.T) {
	const want = "a GGUF file, as llama.cpp loads it; a GGUF file is written and never merged"
	dir := t.TempDir()
	path := filepath.Join(dir, "x.gguf")
	writeFile(t, path, []byte("GGUF\x03\x00\x00\x00"))
	expectFault(t, path, ": is "+want)
	expectFault(t, dir, ": holds "+want)
}

func TestConfigurationOfMLX(t *testing.T) {
	path := folder(t, `{"fine_tune_type": "lora", "num_layers": 2, "lora_parameters": {"rank": 4, "scale": 20.0}}`, pairOf("q_proj", 2, 3, 4)...)
	expectFault(t, path, ConfigFile+": is a configuration of MLX (mlx_lm), and the weights next to it are named as PEFT names them")
}

// A file that can't be read is not called a folder's.
func TestDamagedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "style.safetensors")
	writeFile(t, path, []byte("<html>"))
	expectFault(t, path, "style.safetensors: ")
	if _, err := open(path, adapter.Options{}); err == nil || strings.Contains(err.Error(), "folder") {
		t.Error(err)
	}
}

// A trainer's folder holds the adapter below it.
func TestFolderAbove(t *testing.T) {
	above := t.TempDir()
	for _, name := range []string{"runs", "checkpoint-500"} {
		if err := os.Mkdir(filepath.Join(above, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	writeFile(t, filepath.Join(above, "checkpoint-500", ConfigFile), []byte(configWith()))
	expectFault(t, above, ": holds no adapter; ", filepath.Join(above, "checkpoint-500")+" does; name the folder of the adapter itself")
	if err := os.Mkdir(filepath.Join(above, "checkpoint-1000"), 0o700); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(above, "checkpoint-1000", ConfigFile), []byte(configWith()))
	expectFault(t, above, ": holds no adapter; 2 folders below it do, such as "+filepath.Join(above, "checkpoint-1000")+"; name")
}
