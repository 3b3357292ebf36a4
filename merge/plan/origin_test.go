package plan

import "testing"

func TestHubOrigin(t *testing.T) {
	const commit = "0123456789abcdef0123456789abcdef01234567"
	for path, want := range map[string]string{
		"/home/x/.cache/huggingface/hub/models--acme--python-coder/snapshots/" + commit: "hf://acme/python-coder@" + commit,
		"models--acme--Python_2.5/snapshots/" + commit + "/":                            "hf://acme/Python_2.5@" + commit,
		"../hub/models--gpt2/snapshots/" + commit:                                       "hf://gpt2@" + commit,
		"hub/models--acme--many/snapshots/" + commit + "/loras/sql":                     "hf://acme/many@" + commit + "/loras/sql",
		"hub/models--acme--many/snapshots/" + commit + "/x/../loras/./sql":              "hf://acme/many@" + commit + "/loras/sql",
		"hub/models--acme--python-coder/snapshots/main":                                 "",
		"hub/models--acme--python-coder/snapshots/" + commit[1:]:                        "",
		"hub/models--acme--python-coder/blobs/" + commit:                                "",
		"hub/datasets--acme--python-coder/snapshots/" + commit:                          "",
		"hub/models--a--b--c/snapshots/" + commit:                                       "",
		"hub/models--acme--/snapshots/" + commit:                                        "",
		"hub/models----b/snapshots/" + commit:                                           "",
		"hub/xmodels--acme--python/snapshots/" + commit:                                 "",
		"adapters/python": "",
		"hub/models--acme--python-coder/snapshots/" + commit + "/../" + commit[:39] + "0": "hf://acme/python-coder@" + commit[:39] + "0",
	} {
		if got := hubOrigin(path); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}
