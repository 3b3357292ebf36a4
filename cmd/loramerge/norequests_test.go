package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/internal/testgen/gen"
)

// offline are the commands, but for fetch, on a recipe over adapters of the Hub, whatever they then say.
var offline = map[string][]string{
	"run": {"recipe.yaml", "missing.yaml"}, "plan": {"recipe.yaml"}, "expand": {"recipe.yaml"}, "validate": {"recipe.yaml", "missing.yaml"},
	"explain": {"recipe.yaml", "m"}, "verify": {"out"}, "report": {"out"}, "compare": {"out", "hf://acme/a"}, "diff": {"hf://acme/a", "out"}, "convert": {"hf://acme/a", "converted"},
	"inspect": {"hf://acme/a", "hf://acme/b@v1"}, "init": {"hf://acme/a", "hf://acme/b@v1"}, "sweep": {"recipe.yaml"}, "allow": {"recipe.yaml"},
	"import": {"mergekit.yml"}, "stages": {}, "errors": {"nothing-is-fetched"}, "cache": {"info"}, "config": {}, "schema": {}, "docs": {"-o", "docs"},
	"version": {}, "man": {"-o", "man"}, "completion": {"bash"}, "help": {},
}

// TestNoRequests: no command but fetch opens a connection: not to the hub, and not to a proxy. The name of the hub would
// have to be looked up, so that of a host of this machine is given.
func TestNoRequests(t *testing.T) {
	dir := t.TempDir()
	const commit = "0123456789abcdef0123456789abcdef01234567"
	for _, name := range []string{"a", "b"} {
		repository := filepath.Join(dir, "hub", "models--acme--"+name)
		spec := gen.Spec{Name: name, Base: "tiny", Modules: []gen.Module{{Name: "l.0.q", Out: 5, In: 6}}, Rank: 2, Alpha: 4, DType: safetensors.F32}
		if err := gen.Write(filepath.Join(repository, "snapshots", commit), spec); err != nil {
			t.Fatal(err)
		}
		for _, ref := range []string{"main", "v1"} {
			putText(t, filepath.Join(repository, "refs", ref), commit)
		}
	}
	putText(t, filepath.Join(dir, "recipe.yaml"), "version: 1\nstages:\n  a: {load: hf://acme/a}\n  b: {load: hf://acme/b@v1}\n  m: {average: [a, b]}\n  out: {save: m, to: out}\n")
	putText(t, filepath.Join(dir, "missing.yaml"), "version: 1\nstages:\n  a: {load: hf://acme/none}\n  out: {save: a, to: none}\n")
	putText(t, filepath.Join(dir, "mergekit.yml"), "merge_method: linear\nmodels: [{model: acme/base+acme/a, parameters: {weight: 1}}]\n")

	var touched atomic.Int64
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			touched.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	address := server.URL
	environment := append(os.Environ(), "HF_HUB_CACHE="+filepath.Join(dir, "hub"), "HF_ENDPOINT="+address, "HF_TOKEN=secret", "LORAMERGE_CACHE="+filepath.Join(dir, "cache"))
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"} {
		environment = append(environment, name+"="+address)
	}
	call := func(name string, args ...string) string {
		command := exec.Command("loramerge", append([]string{name}, args...)...)
		command.Dir, command.Env = dir, environment
		said, _ := command.CombinedOutput()
		return string(said)
	}
	var names []string
	for _, command := range rootCommand(newUI(os.Stdout, os.Stderr)).Commands() {
		names = append(names, command.Name())
	}
	call("run", "recipe.yaml") // for those who look at its output
	for _, name := range names {
		args, known := offline[name]
		if name == "fetch" {
			continue
		} else if !known {
			t.Errorf("how is %s called here?", name)
		}
		said := call(name, args...)
		if n := touched.Swap(0); n > 0 {
			t.Errorf("%s has made %d connections, and says\n%s", name, n, said)
		}
	}
	if said := call("plan", "recipe.yaml"); !strings.Contains(said, "output out: up to date") {
		t.Errorf("the recipe was not run: %s", said)
	}
	// The server would have heard them.
	if said := call("fetch", "missing.yaml"); touched.Load() == 0 {
		t.Errorf("fetch has made no connection, and says %s", said)
	}
}

func putText(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(fmt.Errorf("%s: %w", path, err))
	}
}
