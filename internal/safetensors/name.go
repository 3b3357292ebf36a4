package safetensors

import "fmt"

// checkName refuses control characters (U+0000–U+001F, U+007F–U+009F), which
// the reference lets pass: names end up in terminals and in lists of files.
// The name must be UTF-8.
func checkName(name string) error {
	for i := range len(name) {
		c := name[i]
		// U+0080–U+009F are C2 80 to C2 9F.
		if c < ' ' || c == 0x7f || c == 0xc2 && name[i+1] < 0xa0 {
			return fmt.Errorf("the name has a control character at its byte %d", i)
		}
	}
	return nil
}
