package kubernetes

// These are the fields of batch/v1 and core/v1 that a sweep needs, under their names there.
// https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/job-v1/
type (
	manifest struct {
		APIVersion string `yaml:"apiVersion"`
		Kind       string
		Metadata   metadata
		Spec       jobSpec
	}
	metadata struct {
		Name      string `yaml:",omitempty"`
		Namespace string `yaml:",omitempty"`
		Labels    map[string]string
	}
	jobSpec struct {
		Completions          int           `yaml:",omitempty"`
		Parallelism          int           `yaml:",omitempty"`
		CompletionMode       string        `yaml:"completionMode,omitempty"`
		BackoffLimit         *int          `yaml:"backoffLimit,omitempty"`
		BackoffLimitPerIndex *int          `yaml:"backoffLimitPerIndex,omitempty"`
		PodFailurePolicy     failurePolicy `yaml:"podFailurePolicy"`
		Template             template
	}
	failurePolicy struct{ Rules []failureRule }
	failureRule   struct {
		Action          string
		OnExitCodes     *exitCodes     `yaml:"onExitCodes,omitempty"`
		OnPodConditions []podCondition `yaml:"onPodConditions,omitempty"`
	}
	exitCodes struct {
		ContainerName string `yaml:"containerName"`
		Operator      string
		Values        []int `yaml:",flow"`
	}
	podCondition struct{ Type, Status string }
	template     struct {
		Metadata metadata
		Spec     podSpec
	}
	podSpec struct {
		RestartPolicy string `yaml:"restartPolicy"`
		Containers    []container
		Volumes       []volume
	}
	container struct {
		Name, Image  string
		Command      []string `yaml:",flow"`
		Args         []string
		WorkingDir   string `yaml:"workingDir"`
		Env          []variable
		Resources    *resources `yaml:",omitempty"`
		VolumeMounts []mount    `yaml:"volumeMounts"`
	}
	variable  struct{ Name, Value string }
	resources struct{ Limits map[string]string }
	mount     struct {
		Name string
		Path string `yaml:"mountPath"`
	}
	volume struct {
		Name  string
		Claim claim `yaml:"persistentVolumeClaim"`
	}
	claim struct {
		Name string `yaml:"claimName"`
	}
)
