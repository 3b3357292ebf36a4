package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"

	"github.com/hashicorp/go-multierror"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"gopkg.in/yaml.v3"

	"github.com/loramerge/loramerge/internal/cache"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/osfile"
	"github.com/loramerge/loramerge/merge/run"
	"github.com/loramerge/loramerge/recipe"
)

// setting is something that a user can set for every command in a file of their own. None changes a byte of
// a result. One that has the name of a flag is that flag's default.
type setting struct {
	name     string
	variable string // of the environment, which comes before the file; may be empty
	initial  func() (value, from string)
	check    func(text string) error
}

const (
	cacheFolder   = "cache-folder"
	cacheVariable = "LORAMERGE_CACHE"
)

var settings = []setting{
	{"jobs", "", func() (string, string) { return strconv.Itoa(runtime.GOMAXPROCS(0)), "one per processor" }, func(text string) error { return new(jobsFlag).Set(text) }},
	{"memory", "", func() (string, string) { return size(run.DefaultMemory), "default" }, func(text string) error { return new(byteSize).Set(text) }},
	{"cache-size", "", func() (string, string) { return size(run.DefaultCacheSize), "default" }, func(text string) error { return new(byteSize).Set(text) }},
	{"cache", "", func() (string, string) { return cacheNames[run.CacheAuto], "default" }, func(text string) error {
		_, err := choice(cacheNames, text)
		return err
	}},
	{cacheFolder, cacheVariable, func() (string, string) {
		dir, _ := cache.DefaultDir() // an error is that of the command that needs it
		return dir, "default"
	}, func(text string) error {
		if !filepath.IsAbs(text) {
			return fmt.Errorf("%q is not an absolute path", text)
		}
		return nil
	}},
}

// userFile is a user's file of settings.
type userFile struct {
	path   string // empty where the system names no folder for it
	there  bool
	values map[string]userValue
}

// userValue is one that the file sets.
type userValue struct {
	text string
	at   fault.Position
}

const oneALine = "write a line `name: value` for each setting, and nothing else"

// yamlLine is how the library says where it stopped.
var yamlLine = regexp.MustCompile(`^yaml: line (\d+): (.*)$`)

// settingsLimit bounds the file.
const settingsLimit = 64 << 10

// userSettings reads the user's file; one that is not there sets nothing. Its errors are Faults, and
// with them comes what could be read.
func userSettings() (*userFile, error) {
	f := &userFile{values: make(map[string]userValue)}
	dir, err := os.UserConfigDir()
	if err != nil {
		return f, nil
	}
	f.path = filepath.Join(dir, "loramerge", "config.yaml")
	source, err := osfile.ReadUpTo(f.path, settingsLimit+1)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return f, nil
	case err != nil:
		return f, fault.In(f.path, "the settings can't be read").Because(err).Mend("check its permissions, or move it away")
	case len(source) > settingsLimit:
		return f, fault.In(f.path, "the settings are larger than %d bytes", settingsLimit).Mend("move the file away")
	}
	f.there = true
	return f, f.parse(source)
}

// parse takes the values of a table of words.
func (f *userFile) parse(source []byte) error {
	var document yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(source))
	switch err := decoder.Decode(&document); {
	case err == io.EOF: // nothing but comments
		return nil
	case err != nil:
		at := fault.Position{File: f.path, Line: 1, Column: 1}
		if line := yamlLine.FindStringSubmatch(err.Error()); line != nil {
			at.Line, _ = strconv.Atoi(line[1])
			err = errors.New(line[2])
		}
		return fault.At(at, "this is not YAML").Because(err).Mend(oneALine)
	}
	var second yaml.Node
	if decoder.Decode(&second) != io.EOF {
		return fault.At(f.place(&document), "something follows the table of settings").Mend(oneALine)
	}
	table := document.Content[0]
	if table.Kind != yaml.MappingNode {
		return fault.At(f.place(table), "settings are a table").Mend(oneALine)
	}
	var all *multierror.Error
	for i := 0; i+1 < len(table.Content); i += 2 {
		all = multierror.Append(all, f.set(table.Content[i], table.Content[i+1]))
	}
	return all.ErrorOrNil()
}

// set takes one value.
func (f *userFile) set(key, value *yaml.Node) error {
	var names []string
	for _, s := range settings {
		if names = append(names, s.name); s.name != key.Value {
			continue
		}
		if _, twice := f.values[s.name]; twice {
			return fault.At(f.place(key), "%q is set twice", s.name).Mend("remove one of the lines")
		}
		if value.Kind != yaml.ScalarNode || value.Tag == "!!null" {
			return fault.At(f.place(value), "%s has no value here", s.name).Mend("write one, or remove the line")
		}
		if err := s.check(value.Value); err != nil {
			return fault.At(f.place(value), "%s: %s", s.name, err)
		}
		f.values[s.name] = userValue{value.Value, f.place(value)}
		return nil
	}
	m := fault.At(f.place(key), "there is no setting %q", key.Value).Mend("there are " + recipe.List(names))
	if nearest, ok := recipe.Nearest(key.Value, names); ok {
		m.Mend(fmt.Sprintf("did you mean %q?", nearest))
	}
	return m
}

func (f *userFile) place(n *yaml.Node) fault.Position {
	return fault.Position{File: f.path, Line: n.Line, Column: n.Column}
}

// preset gives a command's flags that were not written the values of the user's file.
func (u *ui) preset(c *cobra.Command) error {
	u.user, u.userFault = userSettings()
	var err error
	c.Flags().VisitAll(func(flag *pflag.Flag) {
		if slices.ContainsFunc(settings, func(s setting) bool { return s.name == flag.Name }) {
			err = u.userFault
		}
		if value, ok := u.user.values[flag.Name]; ok && !flag.Changed {
			if err := flag.Value.Set(value.text); err != nil {
				panic(fmt.Sprintf("the setting %s is not its flag's: %v", flag.Name, err))
			}
		}
	})
	return err
}

// cacheDir is the folder of the cache: of the environment, of the user's file, or the system's.
func (u *ui) cacheDir() (string, error) {
	if os.Getenv(cacheVariable) != "" {
		return cache.DefaultDir()
	}
	if value, ok := u.user.values[cacheFolder]; ok || u.userFault != nil {
		return value.text, u.userFault
	}
	return cache.DefaultDir()
}

// cacheMode is the user's for commands without the flag.
func (u *ui) cacheMode() run.CacheMode {
	if value, ok := u.user.values["cache"]; ok {
		mode, _ := choice(cacheNames, value.text) // which was checked
		return run.CacheMode(mode)
	}
	return run.CacheAuto
}
