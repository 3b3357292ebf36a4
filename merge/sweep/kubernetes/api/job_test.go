package api_test

import (
	"slices"
	"strings"
	"testing"

	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"github.com/loramerge/loramerge/merge/sweep/kubernetes"
)

// oddities are words that must reach the pod as they are.
var oddities = []string{"plain", "", "yes", "no", "on", "null", "~", "1e3", "0x1F", "0o17", "1:30", "2026-11-27", "it's", `"x"`, "# no comment", "a: b", "- x", "{a}", "[b]", "&a", "*a", "!t", "%", "@", "`", "$HOME", "$(HOME)", "$$(HOME)", "a\tb", "a\nb\n", "\u2028", "é 漢", "\x7f"}

// decoded is the manifest of a job, read by the real types; what they don't know is an error, and
// so is a key that is there twice.
func decoded(t *testing.T, job kubernetes.Job) *batch.Job {
	t.Helper()
	if err := job.Check(); err != nil {
		t.Fatal(err)
	}
	text, err := job.YAML()
	if err != nil {
		t.Fatal(err)
	}
	asJSON, err := yaml.YAMLToJSONStrict(text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	out := new(batch.Job)
	strict, err := json.UnmarshalStrict(asJSON, out) // yaml.UnmarshalStrict takes mountpath for mountPath, an API server does not
	if err != nil || len(strict) > 0 {
		t.Fatalf("%v %v\n%s", err, strict, text)
	}
	return out
}

func job(workers int) kubernetes.Job {
	return kubernetes.Job{
		Name: "merge", Namespace: "lab", Image: "ghcr.io/lab/eval:1", Recipe: "/data/no.yaml", Folder: "/data/$(HOME) 1e3.sweep", Workers: workers,
		Volumes: []kubernetes.Volume{{Claim: "models", Path: "/data"}, {Claim: "hub", Path: "/hub"}, {Claim: "models", Path: "/again"}},
		Limits:  []kubernetes.Resource{{Name: "cpu", Quantity: "1500m"}, {Name: "memory", Quantity: "32Gi"}, {Name: "nvidia.com/gpu", Quantity: "1"}},
		Flags:   oddities,
	}
}

// literal is what Kubernetes makes of a word without variables: $$ is a dollar sign.
// https://github.com/kubernetes/kubernetes/blob/master/third_party/forked/golang/expansion/expand.go
func literal(t *testing.T, text string) string {
	t.Helper()
	if strings.Contains(strings.ReplaceAll(text, "$$", ""), "$") {
		t.Errorf("%q has a dollar sign that begins a variable", text)
	}
	return strings.ReplaceAll(text, "$$", "$")
}

func TestIndexed(t *testing.T) {
	got := decoded(t, job(8))
	spec := got.Spec
	if got.APIVersion != "batch/v1" || got.Kind != "Job" || got.Name != "merge" || got.Namespace != "lab" {
		t.Errorf("%s %s %s/%s", got.APIVersion, got.Kind, got.Namespace, got.Name)
	}
	if spec.CompletionMode == nil || *spec.CompletionMode != batch.IndexedCompletion || *spec.Completions != 8 || *spec.Parallelism != 8 || *spec.BackoffLimitPerIndex != 3 || spec.BackoffLimit != nil {
		t.Errorf("%+v", spec)
	}
	args := spec.Template.Spec.Containers[0].Args
	if last := args[len(args)-2:]; !slices.Equal(last, []string{"--rank", "$(JOB_COMPLETION_INDEX)/8"}) {
		t.Errorf("the rank is %q", last)
	}
	wantPod(t, spec.Template.Spec, args[:len(args)-2])
}

func TestPlain(t *testing.T) {
	spec := decoded(t, job(1)).Spec
	if spec.CompletionMode != nil || spec.Completions != nil || spec.Parallelism != nil || spec.BackoffLimitPerIndex != nil || *spec.BackoffLimit != 3 {
		t.Errorf("%+v", spec)
	}
	wantPod(t, spec.Template.Spec, spec.Template.Spec.Containers[0].Args)
}

func wantPod(t *testing.T, pod core.PodSpec, args []string) {
	t.Helper()
	var got []string
	for _, arg := range args {
		got = append(got, literal(t, arg))
	}
	if want := append([]string{"sweep", "/data/no.yaml", "--folder", "/data/$(HOME) 1e3.sweep"}, oddities...); !slices.Equal(got, want) {
		t.Errorf("%q\nnot %q", got, want)
	}
	c := pod.Containers[0]
	if pod.RestartPolicy != core.RestartPolicyNever || c.Image != "ghcr.io/lab/eval:1" || c.WorkingDir != "/data" {
		t.Errorf("%+v", pod)
	}
	if len(c.Env) != 1 || c.Env[0].Name != "LORAMERGE_CACHE" || literal(t, c.Env[0].Value) != "/data/$(HOME) 1e3.sweep/cache" {
		t.Errorf("%+v", c.Env)
	}
	for name, want := range map[core.ResourceName]string{core.ResourceCPU: "1.5", core.ResourceMemory: "32Gi", "nvidia.com/gpu": "1"} {
		if got := c.Resources.Limits[name]; got.Cmp(resource.MustParse(want)) != 0 {
			t.Errorf("%s: %s, not %s", name, got.String(), want)
		}
	}
	claims := make(map[string]string)
	for _, v := range pod.Volumes {
		claims[v.Name] = v.PersistentVolumeClaim.ClaimName
	}
	mounted := make(map[string]string)
	for _, m := range c.VolumeMounts {
		mounted[m.MountPath] = claims[m.Name]
	}
	if len(claims) != 2 || len(mounted) != 3 || mounted["/data"] != "models" || mounted["/hub"] != "hub" || mounted["/again"] != "models" {
		t.Errorf("volumes %v at %v", claims, mounted)
	}
}

// TestNames: what passes our checks passes those of Kubernetes.
func TestNames(t *testing.T) {
	for _, text := range append(slices.Clone(oddities), "a", "0", "-", "a-", "a.b", "A", "a_b", strings.Repeat("a", 63), strings.Repeat("a", 64), strings.Repeat("a.", 126)+"a", strings.Repeat("a.", 127)+"a") {
		j := job(1)
		j.Name = text
		if got, want := j.Check() == nil, len(validation.IsDNS1123Label(text)) == 0; got != want {
			t.Errorf("the Job's name %q: %v, not %v", text, got, want)
		}
		if text != "" {
			j.Name, j.Namespace = "a", text
			if got, want := j.Check() == nil, len(validation.IsDNS1123Label(text)) == 0; got != want {
				t.Errorf("the namespace %q: %v, not %v", text, got, want)
			}
		}
		_, err := kubernetes.ParseVolume(text + ":/data")
		if got, want := err == nil, len(validation.IsDNS1123Subdomain(text)) == 0; got != want {
			t.Errorf("the claim %q: %v, not %v", text, got, want)
		}
		j = job(1)
		if j.Name = kubernetes.NameFor(text); len(validation.IsDNS1123Label(j.Name)) > 0 {
			t.Errorf("%q for %q", j.Name, text)
		}
	}
}

// TestQuantities: what we take is a quantity above 0, of a resource that a container can have.
func TestQuantities(t *testing.T) {
	taken := 0
	for _, name := range []string{"cpu", "memory", "ephemeral-storage", "hugepages-2Mi", "nvidia.com/gpu", "amd.com/gpu", "gpu", "a/b", "-.com/x", "x.com/", "x.com/y/z"} {
		for _, quantity := range []string{"1", "0", "0.0", "00", "0m", "0Ki", "-1", "+1", "1.5", ".5", "1.", "500m", "1k", "1K", "1ki", "1Ki", "1M", "1Mi", "1mi", "1G", "1Gi", "1T", "1Ti", "1P", "1E", "1Ei", "1e3", "1E3", "16GB", "x", "", "999999999999999", "9999999999999999999999"} {
			limits, err := kubernetes.ParseLimits(name + "=" + quantity)
			if err != nil {
				continue
			}
			taken++
			value, err := resource.ParseQuantity(limits[0].Quantity)
			if err != nil || value.Sign() <= 0 || len(validation.IsQualifiedName(limits[0].Name)) > 0 || strings.Contains(name, "/") && value.MilliValue()%1000 != 0 {
				t.Errorf("%s=%s: %v %v %v", name, quantity, value.String(), err, validation.IsQualifiedName(name))
			}
		}
	}
	if taken < 30 {
		t.Errorf("only %d were taken", taken)
	}
}
