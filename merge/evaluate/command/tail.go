package command

import (
	"fmt"
	"os"
	"strings"
)

// tail is the end of a sentence about a try: the last lines that it printed, each on a line of its own. The
// try's output begins at an offset in the log; there may be none.
func tail(log *os.File, begin int64) (string, error) {
	const most, longest, size = 12, 300, 16 << 10
	info, err := log.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return "", err
	}
	from := max(begin, info.Size()-size)
	data := make([]byte, max(0, info.Size()-from))
	n, err := log.ReadAt(data, from)
	if n < len(data) {
		return "", fmt.Errorf("the evaluator's log: %w", err)
	}
	var lines []string
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
	if len(lines) == 0 {
		return "", nil
	}
	var out strings.Builder
	for _, line := range lines[max(0, len(lines)-most):] {
		if len(line) > longest {
			line = strings.ToValidUTF8(line[:longest], "") + "…"
		}
		out.WriteString("\n        " + line)
	}
	return "; it printed last:" + out.String(), nil
}
