package command

import (
	"fmt"
	"os"
	"strings"
)

// tail is the last lines that a try printed. Its output begins at an offset in the log.
func tail(log *os.File, begin int64) (lines []string, err error) {
	const most, longest, size = 12, 300, 16 << 10
	info, err := log.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil, err
	}
	from := max(begin, info.Size()-size)
	data := make([]byte, max(0, info.Size()-from))
	n, err := log.ReadAt(data, from)
	if n < len(data) {
		return nil, fmt.Errorf("the evaluator's log: %w", err)
	}
	for line := range strings.Lines(strings.ToValidUTF8(string(data), "\uFFFD")) {
		line = strings.TrimRight(line, "\r\n\t ")
		line = line[strings.LastIndexByte(line, '\r')+1:] // what a progress bar left last
		if strings.TrimSpace(line) != "" {
			lines = append(lines, line)
		}
	}
	if from > begin && len(lines) > 1 {
		lines = lines[1:]
	}
	lines = lines[max(0, len(lines)-most):]
	for i, line := range lines {
		if len(line) > longest {
			lines[i] = strings.ToValidUTF8(line[:longest], "") + "…"
		}
	}
	return lines, nil
}
