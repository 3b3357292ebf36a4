package kubernetes_test

import (
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/golden"
	"github.com/loramerge/loramerge/merge/sweep/kubernetes"
)

func ranks() kubernetes.Job {
	return kubernetes.Job{
		Name: "merge", Namespace: "lab", Image: "ghcr.io/lab/eval:1",
		Volumes: []kubernetes.Volume{{Claim: "models", Path: "/data"}, {Claim: "models", Path: "/again"}, {Claim: "hub", Path: "/hub"}},
		Limits:  []kubernetes.Resource{{Name: "nvidia.com/gpu", Quantity: "1"}, {Name: "memory", Quantity: "32Gi"}},
		Recipe:  "/data/merges/it's.yaml", Folder: "/data/merges/it's.sweep", Flags: []string{"--allow-exec", "--set", "prompt=yes: $(HOME)"}, Workers: 8,
	}
}

// TestYAML: the manifests are those in testdata; the types of the real interface read them in the module api.
func TestYAML(t *testing.T) {
	one := ranks()
	one.Workers, one.Namespace, one.Limits, one.Volumes = 1, "", nil, one.Volumes[:1]
	for file, job := range map[string]kubernetes.Job{"testdata/ranks.yaml": ranks(), "testdata/one.yaml": one} {
		if err := job.Check(); err != nil {
			t.Error(err)
		}
		text, err := job.YAML()
		if err != nil {
			t.Fatal(err)
		}
		golden.Compare(t, file, text)
	}
}

func TestCheck(t *testing.T) {
	small := "; write small letters, digits and `-`, 63 at most"
	image := "; name one with `--image`, such as ghcr.io/lab/eval:1; loramerge and the evaluators must be in it"
	where := "; in the pods, the recipe and the sweep's folder must lie in a volume; mount it with `--volume`"
	for name, row := range map[string]struct {
		spoil func(*kubernetes.Job)
		want  string
	}{
		"upper case": {func(j *kubernetes.Job) { j.Name = "Merge" }, `"Merge" can't be the name of a Job` + small},
		"a name that the index makes too long": {func(j *kubernetes.Job) { j.Name = strings.Repeat("a", 62) },
			`"` + strings.Repeat("a", 62) + `" can't be the name of a Job` + small},
		"namespace":             {func(j *kubernetes.Job) { j.Namespace = "a.b" }, `"a.b" can't be the name of a namespace` + small},
		"no image":              {func(j *kubernetes.Job) { j.Image = "" }, `"" is not the name of an image` + image},
		"an image with a space": {func(j *kubernetes.Job) { j.Image = "a b" }, `"a b" is not the name of an image` + image},
		"no volume":             {func(j *kubernetes.Job) { j.Volumes = nil }, "the pods share no folder; name a PersistentVolumeClaim and where it is mounted, such as `--volume models:/data`"},
		"one path for two": {func(j *kubernetes.Job) { j.Volumes = append(j.Volumes, kubernetes.Volume{Claim: "b", Path: "/data"}) },
			"two volumes are mounted at /data; mount each at a path of its own"},
		"workers":              {func(j *kubernetes.Job) { j.Workers = 0 }, "0 workers can't be had; say how many with `--workers`"},
		"a recipe elsewhere":   {func(j *kubernetes.Job) { j.Recipe = "/database/merge.yaml" }, "/database/merge.yaml lies in no volume" + where},
		"a folder elsewhere":   {func(j *kubernetes.Job) { j.Folder = "/data/../tmp" }, "/data/../tmp lies in no volume" + where},
		"the volume as folder": {func(j *kubernetes.Job) { j.Folder = "/data" }, "/data lies in no volume" + where},
	} {
		job := ranks()
		row.spoil(&job)
		if err := job.Check(); err == nil || !strings.Contains(err.Error(), row.want) || strings.Count(err.Error(), "* ") != 1 {
			t.Errorf("%s: %v\nnot %s", name, err, row.want)
		}
	}
}

func TestParseVolume(t *testing.T) {
	if got, err := kubernetes.ParseVolume("my.claim-1:/data/models"); err != nil || got != (kubernetes.Volume{Claim: "my.claim-1", Path: "/data/models"}) {
		t.Errorf("%+v, %v", got, err)
	}
	for text, want := range map[string]string{
		"models":          `"models" is not of the form CLAIM:PATH, such as models:/data`,
		"Models:/data":    `"Models:/data" is not of the form CLAIM:PATH, such as models:/data`,
		":/data":          `":/data" is not of the form CLAIM:PATH, such as models:/data`,
		"models:work":     `"work" is not a path at which a volume can be mounted, such as /data`,
		"models:/":        `"/" is not a path at which a volume can be mounted, such as /data`,
		"models:/a/../b":  `"/a/../b" is not a path at which a volume can be mounted, such as /data`,
		"models:/data:ro": `"/data:ro" is not a path at which a volume can be mounted, such as /data`,
	} {
		if _, err := kubernetes.ParseVolume(text); err == nil || err.Error() != want {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestParseLimits(t *testing.T) {
	got, err := kubernetes.ParseLimits("cpu=500m,memory=1.5Gi,nvidia.com/gpu=2")
	if err != nil || len(got) != 3 || got[2] != (kubernetes.Resource{Name: "nvidia.com/gpu", Quantity: "2"}) {
		t.Errorf("%+v, %v", got, err)
	}
	for text, want := range map[string]string{
		"":                   `"" is not of the form NAME=QUANTITY, such as cpu=4 or nvidia.com/gpu=1`,
		"cpu":                `"cpu" is not of the form NAME=QUANTITY, such as cpu=4 or nvidia.com/gpu=1`,
		"gpu=1":              `"gpu" is not a resource of a pod, such as cpu, memory or nvidia.com/gpu`,
		"mem=1Gi":            `"mem" is not a resource of a pod, such as cpu, memory or nvidia.com/gpu`,
		"nvidia.com/gpu=0.5": `"0.5" is not a number of nvidia.com/gpu, such as 1`,
		"nvidia.com/gpu=0":   `"0" is not a number of nvidia.com/gpu, such as 1`,
		"cpu=0":              `"0" is not a quantity of cpu, such as cpu=500m or memory=16Gi`,
		"cpu=-1":             `"-1" is not a quantity of cpu, such as cpu=500m or memory=16Gi`,
		"memory=16GB":        `"16GB" is not a quantity of memory, such as cpu=500m or memory=16Gi`,
		"memory=16m":         `"16m" is not a quantity of memory, such as cpu=500m or memory=16Gi`,
		"cpu=1,cpu=2":        `cpu is there twice`,
	} {
		if _, err := kubernetes.ParseLimits(text); err == nil || err.Error() != want {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestNameFor: whatever a recipe is called, its Job has a name that a cluster takes.
func TestNameFor(t *testing.T) {
	for text, want := range map[string]string{"merge": "merge", "My Merge_2.v1": "my-merge-2-v1", "--": "sweep", "": "sweep", "漢字": "sweep", strings.Repeat("ab", 40): strings.Repeat("ab", 20), "é.a": "a"} {
		job := ranks()
		if job.Name = kubernetes.NameFor(text); job.Name != want || job.Check() != nil {
			t.Errorf("%q: %q, %v", text, job.Name, job.Check())
		}
	}
}
