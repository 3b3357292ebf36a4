package adapter

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"unicode/utf8"

	"github.com/loramerge/loramerge/internal/lfs"
)

// ConfigFile and WeightsFile are the two files of a PEFT folder.
const (
	ConfigFile  = "adapter_config.json"
	WeightsFile = "adapter_model.safetensors"
)

// configLimit bounds adapter_config.json: PEFT writes about a kilobyte, and a
// rank_pattern that names every module of a large model stays below a megabyte.
const configLimit = 4 << 20

// Config is adapter_config.json as far as a merge needs it. Fields keep PEFT's
// names and defaults.
type Config struct {
	PEFTType      string    `json:"peft_type"`
	TaskType      *string   `json:"task_type"`
	Base          *string   `json:"base_model_name_or_path"`
	R             int       `json:"r"`
	Alpha         *float64  `json:"lora_alpha"`
	UseRSLoRA     bool      `json:"use_rslora"`
	RankPattern   Pattern   `json:"rank_pattern"`
	AlphaPattern  Pattern   `json:"alpha_pattern"`
	TargetModules NameList  `json:"target_modules"`
	ModulesToSave NameList  `json:"modules_to_save"`
	Bias          string    `json:"bias"`
	FanInFanOut   bool      `json:"fan_in_fan_out"`
	UseDoRA       bool      `json:"use_dora"`
	LoRABias      bool      `json:"lora_bias"`
	InitWeights   any       `json:"init_lora_weights"`
	Raw           rawFields `json:"-"`
	nominalAlpha  float64
}

// rawFields is the file's object by key, for what only needs to be carried or refused.
type rawFields map[string]json.RawMessage

// NameList is a JSON list of names, one string (a regular expression, or
// "all-linear"), or null.
type NameList struct {
	Names []string
	Regex string
}

// UnmarshalJSON accepts the three shapes PEFT writes.
func (l *NameList) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		return json.Unmarshal(data, &l.Regex)
	}
	return json.Unmarshal(data, &l.Names)
}

// defaultAlpha is LoraConfig's default of r and lora_alpha.
const defaultAlpha = 8

func readConfig(path string) (*Config, error) {
	data, err := readSmall(path)
	if err != nil {
		return nil, err
	}
	if lfs.IsPointer(data) {
		return nil, problemf(path, "fetch the real file with `git lfs pull`", "is a Git LFS pointer, not the file itself")
	}
	if !utf8.Valid(data) {
		return nil, problemf(path, "save it again as UTF-8", "is not UTF-8 text")
	}
	return parseConfig(path, data)
}

func parseConfig(path string, data []byte) (*Config, error) {
	config := &Config{R: defaultAlpha, Bias: "none"}
	if err := json.Unmarshal(data, &config.Raw); err != nil {
		return nil, jsonProblem(path, data, err)
	}
	if err := json.Unmarshal(data, config); err != nil {
		return nil, jsonProblem(path, data, err)
	}
	if config.Raw == nil {
		return nil, problemf(path, "it must hold one JSON object", "is not a JSON object")
	}
	config.nominalAlpha = defaultAlpha
	if config.Alpha != nil {
		config.nominalAlpha = *config.Alpha
	}
	return config, config.RankPattern.compile(path, "rank_pattern", config.AlphaPattern.compile(path, "alpha_pattern", nil))
}

// jsonProblem turns a decoder's error into one with a line and column.
func jsonProblem(path string, data []byte, err error) error {
	offset := int64(len(data))
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		offset = syntax.Offset
	} else if typed, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		offset = typed.Offset
	}
	before := data[:min(int(offset), len(data))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := len(before) - bytes.LastIndexByte(before, '\n') - 1
	place := fmt.Sprintf("%s:%d:%d", path, line, max(column, 1))
	return &Problem{Path: place, Reason: "is not a valid adapter configuration", Cause: err, Remedy: "copy it from the adapter's source again"}
}

func readSmall(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, problemf(path, "an adapter is a folder that holds "+ConfigFile+" and "+WeightsFile, "does not exist")
	}
	if err != nil {
		return nil, &Problem{Path: path, Reason: "cannot be read", Cause: err}
	}
	if !info.Mode().IsRegular() {
		return nil, problemf(path, "", "is not a regular file")
	}
	file, err := os.Open(filepath.Clean(path))
	if err != nil {
		return nil, &Problem{Path: path, Reason: "cannot be read", Cause: err, Remedy: "check its permissions"}
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, configLimit+1))
	if err != nil {
		return nil, &Problem{Path: path, Reason: "cannot be read", Cause: err}
	}
	if len(data) > configLimit {
		return nil, problemf(path, "", "is larger than %d bytes", configLimit)
	}
	return data, nil
}
