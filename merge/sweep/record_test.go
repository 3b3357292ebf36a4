package sweep

import "testing"

// TestRecords: what a line lacks is not read as 0.
func TestRecords(t *testing.T) {
	key := key{1}.String()
	for line, want := range map[string]bool{
		`{"trial":3,"split":"select","key":"` + key + `","scores":{"python":{"value":0}}}`:                               true,
		`{"trial":3,"split":"select","key":"` + key + `","scores":{"python":{"value":-1.5,"se":0.1,"documents":9}}}`:     true,
		`{"trial":3,"split":"select","key":"` + key + `","scores":{"python":null}}`:                                      false,
		`{"trial":3,"split":"select","key":"` + key + `","scores":{"python":{"documents":9}}}`:                           false,
		`{"trial":3,"split":"select","key":"` + key + `","scores":{"python":{"value":null}}}`:                            false,
		`{"trial":3,"split":"select","key":"` + key + `","scores":{"python":{"value":0},"sql":null}}`:                    false,
		`{"trial":0,"split":"select","key":"` + key + `","references":{"base":{"python":{"value":1}}}}`:                  true,
		`{"trial":0,"split":"select","key":"` + key + `","references":{"base":{"python":null}}}`:                         false,
		`{"trial":0,"split":"select","key":"` + key + `","references":{"experts":{"python":{"python":{"value":null}}}}}`: false,
		`{"trial":3,"split":"select","scores":{"python":{"value":0}}}`:                                                   false,
	} {
		r, err := readRecord([]byte(line))
		if (err == nil) != want {
			t.Errorf("%s: %v", line, err)
		}
		if err == nil && r.Scores != nil && (r.Scores["python"].Value != 0) != (r.Scores["python"].Documents == 9) {
			t.Errorf("%s: %+v", line, r.Scores)
		}
	}
}
