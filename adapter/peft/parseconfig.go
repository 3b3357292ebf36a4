package peft

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"unicode/utf8"

	"github.com/hashicorp/go-multierror"
	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/osfile"
)

// defaultAlpha is LoraConfig's default of r and lora_alpha.
const defaultAlpha = 8

// field is a key of the file and where its value goes.
type field struct {
	name   string
	target any
}

// fields lists what is read. Keys are compared to the letter, as Python does: by
// struct tags, encoding/json would take "LoRA_Alpha" for lora_alpha.
func (c *Config) fields() []field {
	return []field{
		{"peft_type", &c.PEFTType}, {"task_type", &c.TaskType}, {"base_model_name_or_path", &c.Base},
		{"r", (*whole)(&c.R)}, {"lora_alpha", (*number)(&c.Alpha)}, {"use_rslora", &c.UseRSLoRA},
		{"rank_pattern", &c.RankPattern}, {"alpha_pattern", &c.AlphaPattern},
		{"target_modules", &c.TargetModules}, {"modules_to_save", &c.ModulesToSave},
		{"bias", &c.Bias}, {"fan_in_fan_out", &c.FanInFanOut},
	}
}

func parseConfig(path string, data []byte) (*Config, error) {
	config := &Config{R: defaultAlpha, Alpha: defaultAlpha, Bias: "none"}
	if err := json.Unmarshal(data, &config.Raw); err != nil {
		return nil, jsonProblem(path, data, errorOffset(data, err), inWords(err))
	}
	if config.Raw == nil {
		return nil, fault.In(path, "is not a JSON object").Mend("it must contain one JSON object")
	}
	places, all := fieldPlaces(path, data)
	for _, f := range config.fields() {
		if raw, ok := config.Raw[f.name]; ok {
			if err := json.Unmarshal(raw, f.target); err != nil {
				all = multierror.Append(all, jsonProblem(path, data, places[f.name], fmt.Errorf("%s: %w", f.name, inWords(err))))
			}
		}
	}
	unwrapAll(config.TargetModules.Names)
	unwrapAll(config.ModulesToSave.Names)
	all = multierror.Append(all, config.RankPattern.compile(path, "rank_pattern"), config.AlphaPattern.compile(path, "alpha_pattern"),
		config.RankPattern.checkRanks(path))
	return config, all.ErrorOrNil()
}

// fieldPlaces gives the offset after the first byte of each field's value in data, a
// JSON object. A duplicate key is a mistake: Python takes the last of them, a
// reader's eye the first.
func fieldPlaces(path string, data []byte) (map[string]int64, *multierror.Error) {
	var all *multierror.Error
	places := make(map[string]int64)
	decoder := json.NewDecoder(bytes.NewReader(data))
	for token, err := decoder.Token(); err == nil && decoder.More(); token, err = decoder.Token() {
		name, isKey := token.(string)
		if !isKey {
			continue
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			break
		}
		if _, twice := places[name]; twice {
			all = multierror.Append(all, fault.In(path, "holds %q twice", name).Mend("remove one of the two"))
		}
		places[name] = decoder.InputOffset() - int64(len(value)) + 1
	}
	return places, all
}

// errorOffset is how many bytes were read when a decoder's error was met.
func errorOffset(data []byte, err error) int64 {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return syntax.Offset
	}
	if typed, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return typed.Offset
	}
	return int64(len(data))
}

// jsonProblem gives an error the line and column of the last of the bytes read.
func jsonProblem(path string, data []byte, offset int64, err error) error {
	before := data[:min(int(offset), len(data))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := len(before) - bytes.LastIndexByte(before, '\n') - 1
	return fault.At(fault.Position{File: path, Line: line, Column: max(column, 1)}, "this is not a valid adapter configuration").
		Because(err).Mend("copy it from the adapter's source again")
}

func readConfig(path string) (*Config, error) {
	data, err := readSmall(path)
	if err != nil {
		return nil, err
	}
	if osfile.IsLFSPointer(data) {
		return nil, fault.In(path, "is a Git LFS pointer, not the file itself").Mend(osfile.LFSRemedy)
	}
	if !utf8.Valid(data) {
		return nil, fault.In(path, "is not UTF-8 text").Mend("save it again as UTF-8")
	}
	return parseConfig(path, data)
}

func readSmall(path string) ([]byte, error) {
	data, err := osfile.ReadUpTo(path, configLimit+1)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.In(path, "does not exist").Mend(twoFiles)
	case errors.Is(err, osfile.ErrNotRegular):
		return nil, fault.In(path, "is not a regular file").Mend("copy what it yields to a file")
	case err != nil:
		return nil, adapter.Readable(path, err)
	case len(data) > configLimit:
		return nil, fault.In(path, "is larger than %d bytes", configLimit).Mend("check that it is PEFT's own file")
	}
	return data, nil
}

// configLimit bounds adapter_config.json: PEFT writes about a kilobyte, and a
// rank_pattern that names each of 40,000 experts takes seven megabytes.
const configLimit = 16 << 20
