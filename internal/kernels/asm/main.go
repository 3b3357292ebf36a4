// Command asm writes the amd64 twins of the kernels (AVX2 and F16C) and their Go
// declarations into the folder above. It is a module of its own so that the
// program does not depend on avo.
//
//	go run .          write kernels_amd64.s and stubs_amd64.go
//	go run . -check   write nothing; fail when either is not what would be written
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
)

func main() {
	check := flag.Bool("check", false, "compare the files with what would be written")
	folder := flag.String("to", "..", "folder of the kernels")
	flag.Parse()
	log.SetFlags(0)

	files, err := render()
	if err != nil {
		log.Fatal(err)
	}
	for name, text := range files {
		path := filepath.Join(*folder, name)
		if *check {
			err = compare(path, text)
		} else {
			err = os.WriteFile(path, text, 0o644)
		}
		if err != nil {
			log.Fatal(err)
		}
	}
}

// render returns the text of each generated file by its name.
func render() (map[string][]byte, error) {
	file, err := kernels()
	if err != nil {
		return nil, err
	}
	if err := pass.Compile.Execute(file); err != nil {
		return nil, err
	}
	assembly, err := print(printer.NewGoAsm, file)
	if err != nil {
		return nil, err
	}
	stubs, err := print(printer.NewStubs, file)
	if err != nil {
		return nil, err
	}
	return map[string][]byte{"kernels_amd64.s": assembly, "stubs_amd64.go": stubs}, nil
}

func print(with printer.Builder, file *ir.File) ([]byte, error) {
	return with(printer.Config{Argv: []string{"go", "generate"}, Pkg: "kernels"}).Print(file)
}

var errStale = errors.New("not current: run go generate in internal/kernels")

func compare(path string, want []byte) error {
	got, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		return fmt.Errorf("%s: %w", path, errStale)
	}
	return nil
}
