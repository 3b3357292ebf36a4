package safetensors

import "testing"

func TestRefusedEntries(t *testing.T) {
	checkRefused(t, map[string]refusal{
		"empty":                  {`{"a":{}}`, 0, `tensor "a": the entry lacks "dtype"`},
		"no shape":               {`{"a":{"dtype":"U8","data_offsets":[0,0]}}`, 0, `lacks "shape"`},
		"no offsets":             {`{"a":{"dtype":"U8","shape":[0]}}`, 0, `lacks "data_offsets"`},
		"unknown key":            {`{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"x\u0000":1}}`, 0, `unknown key "x\x00"`},
		"key twice":              {`{"a":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}}`, 0, `the key "dtype" twice`},
		"key twice, one escaped": {`{"a":{"shape":[0],"sh\u0061pe":[0],"dtype":"U8","data_offsets":[0,0]}}`, 0, `the key "shape" twice`},
		"list":                   {`{"a":[]}`, 0, `tensor "a": the header has '[' where '{', a tensor's entry,`},
		"string":                 {`{"a":"b"}`, 0, `where '{', a tensor's entry,`},
		"unknown dtype":          {"{" + entry("a", "F128", "[0]", "[0,0]") + "}", 0, `the dtype "F128" is unknown`},
		"dtype in lower case":    {"{" + entry("a", "f32", "[0]", "[0,0]") + "}", 0, `the dtype "f32" is unknown`},
		"dtype no string":        {`{"a":{"dtype":1}}`, 0, "where '\"', a string,"},
		"one offset":             {"{" + entry("a", "U8", "[0]", "[0]") + "}", 0, "fewer than two numbers"},
		"three offsets":          {"{" + entry("a", "U8", "[0]", "[0,0,0]") + "}", 0, "more than two numbers"},
		"offsets no list":        {`{"a":{"data_offsets":0}}`, 0, "where '[', data_offsets,"},
	})
}

func TestRefusedNumbers(t *testing.T) {
	dim := func(n string) string { return "{" + entry("a", "U8", "["+n+"]", "[0,1]") + "}" }
	checkRefused(t, map[string]refusal{
		"negative":          {dim("-1"), 1, `tensor "a": a number is negative`},
		"negative zero":     {dim("-0"), 1, "a number is negative"},
		"negative offset":   {"{" + entry("a", "U8", "[1]", "[-1,0]") + "}", 1, "a number is negative"},
		"plus":              {dim("+1"), 1, "has '+' where a number"},
		"fraction":          {dim("1.0"), 1, "a fraction or an exponent"},
		"exponent":          {dim("1e0"), 1, "a fraction or an exponent"},
		"exponent, upper":   {dim("1E0"), 1, "a fraction or an exponent"},
		"leading zero":      {dim("01"), 1, "a number starts with 0"},
		"hexadecimal":       {dim("0x1"), 1, "has 'x' where ','"},
		"string":            {dim(`"1"`), 1, "has '\"' where a number"},
		"null":              {dim("null"), 1, "has 'n' where a number"},
		"NaN":               {dim("NaN"), 1, "has 'N' where a number"},
		"trailing comma":    {dim("1,"), 1, "has ']' where a number"},
		"no comma":          {dim("1 1"), 1, "has '1' where ','"},
		"2^63":              {dim("9223372036854775808"), 1, "a number is too large"},
		"2^64 + 1":          {dim("18446744073709551617"), 1, "a number is too large"},
		"a million digits":  {dim(repeat("9", 1_000_000)), 1, "a number is too large"},
		"cut short":         {`{"a":{"shape":[1`, 0, "has its end where ','"},
		"cut short, before": {`{"a":{"shape":[`, 0, "has its end where a number"},
	})
}

func TestRefusedExtents(t *testing.T) {
	one := func(dtype, shape, offsets string) string { return "{" + entry("a", dtype, shape, offsets) + "}" }
	two := func(first, second string) string {
		return "{" + entry("a", "U8", "[2]", first) + "," + entry("b", "U8", "[2]", second) + "}"
	}
	checkRefused(t, map[string]refusal{
		"product overflows":      {one("U8", "[4294967296,4294967296]", "[0,0]"), 0, "product of its dimensions overflows"},
		"product wraps to fit":   {one("U8", "[2,9223372036854775807,2]", "[0,4]"), 4, "product of its dimensions overflows"},
		"overflow before a 0":    {one("U8", "[4294967296,4294967296,0]", "[0,0]"), 0, "product of its dimensions overflows"},
		"bits overflow":          {one("U64", "[1152921504606846976]", "[0,0]"), 0, "product of its dimensions overflows"},
		"4 bits, odd":            {one("F4", "[3]", "[0,2]"), 2, "4-bit elements of this shape don't come to whole bytes"},
		"6 bits, not 4 together": {one("F6_E3M2", "[6]", "[0,5]"), 5, "6-bit elements of this shape don't come to whole bytes"},
		"too few bytes":          {one("F32", "[2,3]", "[0,20]"), 20, "F32 of shape [2 3] takes 24 bytes, but data_offsets span 20"},
		"too many bytes":         {one("F32", "[2,3]", "[0,28]"), 28, "takes 24 bytes, but data_offsets span 28"},
		"scalar of no bytes":     {one("F32", "[]", "[0,0]"), 0, "F32 of shape [] takes 4 bytes"},
		"backwards":              {one("U8", "[2]", "[2,0]"), 2, "end before they begin"},
		"beyond the file":        {one("U8", "[3]", "[0,3]"), 2, "ends at byte 3 of the data, of which there are 2"},
		"far beyond the file":    {one("U8", "[0]", "[9223372036854775807,9223372036854775807]"), 2, "of which there are 2"},
		"hole at the start":      {one("U8", "[1]", "[1,2]"), 2, "hole before the tensor: it begins at byte 1, where byte 0 is expected"},
		"hole":                   {two("[0,2]", "[3,5]"), 5, `tensor "b": the data have a hole`},
		"overlap":                {two("[0,2]", "[1,3]"), 4, `tensor "b": the tensor overlaps another`},
		"the same place":         {two("[0,2]", "[0,2]"), 4, `tensor "b": the tensor overlaps another`},
		"empty within another":   {"{" + entry("a", "U8", "[2]", "[0,2]") + "," + entry("b", "U8", "[0]", "[1,1]") + "}", 2, `tensor "b": the tensor overlaps another`},
		"more than the file":     {two("[0,2]", "[0,2]"), 2, `tensor "b": the tensors overlap: up to this one they take 4 bytes, and the file has 2`},
		"trailing bytes":         {two("[0,2]", "[2,4]"), 5, "end at byte 4 of the data, of which there are 5"},
		"data without tensors":   {"{}", 1, "end at byte 0 of the data, of which there are 1"},
		"too many dimensions":    {one("U8", "[1"+repeat(",1", maxRank)+"]", "[0,1]"), 1, "more than 64 dimensions"},
	})
}
