package command_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestMain: this program is its own evaluator.
func TestMain(m *testing.M) {
	if play, ok := plays[os.Getenv("PLAY")]; ok {
		play(os.Args[1:])
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// plays are what an evaluator may do. Its arguments are the adapter's folder and its own for results.
var plays = map[string]func(args []string){
	"good":  func(args []string) { save(args[1], `{"acc": 0.5}`) },
	"print": func(args []string) { fmt.Println(`{"acc": 0.25}`) },
	"crash": func([]string) {
		fmt.Println("loading")
		fmt.Fprintln(os.Stderr, "Traceback: out of memory")
		os.Exit(3)
	},
	"crash with a result": func(args []string) {
		save(args[1], `{"acc": 0.5}`)
		os.Exit(3)
	},
	"hang": func([]string) {
		fmt.Println("waiting")
		time.Sleep(time.Hour)
	},
	"nothing":   func([]string) { fmt.Fprintln(os.Stderr, "0 tasks") },
	"malformed": func(args []string) { save(args[1], `{"acc": 0.5`) },
	"empty":     func(args []string) { save(args[1], ``) },
	"two": func(args []string) {
		save(args[1], `{"acc": 0.5}`)
		if err := os.WriteFile(filepath.Join(args[1], "more.json"), []byte("{}"), 0o600); err != nil {
			panic(err)
		}
	},
	"nan": func(args []string) { save(args[1], `{"acc": NaN}`) },
	"chatty": func([]string) {
		for i := range 10_000 {
			fmt.Printf("line %d\n", i)
		}
		fmt.Printf("%s\n\n  \n10%%\r50%%\r100%%\r\n", strings.Repeat("x", 1000))
	},
	"loud": func(args []string) {
		line := []byte(strings.Repeat("x", 9999) + "\n")
		for range 10_000 {
			os.Stdout.Write(line)
		}
		fmt.Println("the last line")
		save(args[1], `{"acc": 0.5}`)
	},
	"third time": func(args []string) {
		if !strings.HasSuffix(filepath.Dir(args[1]), "try-3") {
			os.Exit(1)
		}
		save(args[1], `{"acc": 0.5}`)
	},
	"tell": func(args []string) {
		in, _ := os.Getwd()
		at, _ := os.Stdin.Read(make([]byte, 1))
		fmt.Printf("in %s, %d bytes of input, VAR=%s, adapter %s\n", in, at, os.Getenv("VAR"), args[0])
		save(args[1], `{"acc": 0.5}`)
	},
}

func save(folder, text string) {
	if err := os.WriteFile(filepath.Join(folder, "scores.json"), []byte(text), 0o600); err != nil {
		panic(err)
	}
}
