package main

import "testing"

func TestByteSize(t *testing.T) {
	for text, want := range map[string]int64{
		"1": 1, "1000": 1000, "1kB": 1000, "1KiB": 1024, "512MB": 512_000_000, "1.5 GiB": 3 << 29, "2gb": 2_000_000_000,
	} {
		var size byteSize
		if err := size.Set(text); err != nil || int64(size) != want {
			t.Errorf("%q is %d, not %d: %v", text, size, want, err)
		}
	}
	for _, text := range []string{"", "0", "0 GB", "-1", "-1GB", "lots", "1XB", "NaN", "Inf", "1e99", "99EB", "0x10"} {
		size := byteSize(7)
		if err := size.Set(text); err == nil || size != 7 {
			t.Errorf("%q passes for the size %d", text, size)
		}
	}
}
