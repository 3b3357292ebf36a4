package kubernetes

import (
	"bytes"
	"fmt"
	"path"
	"strings"

	"gopkg.in/yaml.v3"
)

// Job is what is to be run. Paths are those in the pods.
type Job struct {
	Name      string
	Namespace string // of the context that kubectl has, if empty
	Image     string
	Volumes   []Volume
	Limits    []Resource
	Recipe    string   // in one of the volumes
	Folder    string   // of the sweep, in one of the volumes
	Flags     []string // of `loramerge sweep`
	Workers   int
}

// Volume is a PersistentVolumeClaim and where it is mounted.
type Volume struct{ Claim, Path string }

// Resource is what a pod gets, and may use no more of.
type Resource struct{ Name, Quantity string }

// retries are how often a pod is started again that failed: a lost trial is taken up then. What the
// user must mend (exit code 2) is not tried again, and a pod that was evicted does not count.
const retries, mistakes = 3, 2

// YAML is the manifest.
func (j Job) YAML() ([]byte, error) {
	spec := jobSpec{BackoffLimit: number(retries), PodFailurePolicy: failurePolicy{[]failureRule{
		{Action: "FailJob", OnExitCodes: &exitCodes{"loramerge", "In", []int{mistakes}}},
		{Action: "Ignore", OnPodConditions: []podCondition{{"DisruptionTarget", "True"}}},
	}}}
	args := append([]string{"sweep", j.Recipe, "--folder", j.Folder}, j.Flags...)
	for i := range args {
		args[i] = literal(args[i])
	}
	if j.Workers > 1 {
		spec.Completions, spec.Parallelism, spec.CompletionMode = j.Workers, j.Workers, "Indexed"
		spec.BackoffLimit, spec.BackoffLimitPerIndex = nil, number(retries)
		args = append(args, "--rank", fmt.Sprintf("$(JOB_COMPLETION_INDEX)/%d", j.Workers))
	}
	labels := map[string]string{"app.kubernetes.io/name": "loramerge", "app.kubernetes.io/component": "sweep", "app.kubernetes.io/instance": j.Name}
	pod := podSpec{RestartPolicy: "Never", Containers: []container{{
		Name: "loramerge", Image: j.Image, Command: []string{"loramerge"}, Args: args, WorkingDir: path.Dir(j.Recipe),
		Env:       []variable{{"LORAMERGE_CACHE", literal(path.Join(j.Folder, "cache"))}},
		Resources: j.resources(),
	}}}
	names := make(map[string]string)
	for _, v := range j.Volumes {
		if names[v.Claim] == "" {
			names[v.Claim] = fmt.Sprintf("volume-%d", len(names)+1)
			pod.Volumes = append(pod.Volumes, volume{names[v.Claim], claim{v.Claim}})
		}
		pod.Containers[0].VolumeMounts = append(pod.Containers[0].VolumeMounts, mount{names[v.Claim], v.Path})
	}
	spec.Template = template{metadata{Labels: labels}, pod}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(manifest{"batch/v1", "Job", metadata{j.Name, j.Namespace, labels}, spec}); err != nil {
		return nil, err
	}
	return out.Bytes(), encoder.Close()
}

func (j Job) resources() *resources {
	if len(j.Limits) == 0 {
		return nil
	}
	out := &resources{make(map[string]string)}
	for _, r := range j.Limits {
		out.Limits[r.Name] = r.Quantity
	}
	return out
}

// literal keeps Kubernetes from replacing $(NAME) by a variable.
// https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/
func literal(text string) string { return strings.ReplaceAll(text, "$", "$$") }

func number(n int) *int { return &n }
