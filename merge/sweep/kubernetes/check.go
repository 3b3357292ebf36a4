package kubernetes

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/internal/fault"
)

// label is RFC 1123's: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
const label = `[a-z0-9]([-a-z0-9]*[a-z0-9])?`

var (
	labelForm = regexp.MustCompile(`^` + label + `$`)
	nameForm  = regexp.MustCompile(`^` + label + `(\.` + label + `)*$`)
	// https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
	quantityForm = regexp.MustCompile(`^[0-9]{1,15}(\.[0-9]{1,3})?(m|[kMGTPE]|[KMGTPE]i)?$`)
	countForm    = regexp.MustCompile(`^[0-9]{1,9}$`)
	// https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/: whatever a node has beside these has the name of
	// a domain before it, and is counted.
	nativeForm   = regexp.MustCompile(`^(cpu|memory|ephemeral-storage|hugepages-[0-9]+[KMG]i)$`)
	extendedForm = regexp.MustCompile(`^` + label + `(\.` + label + `)+/[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$`)
	imageForm    = regexp.MustCompile(`^[A-Za-z0-9][-A-Za-z0-9._:/@]*$`)
)

const longestLabel, longestName, mostWorkers = 63, 253, 100_000

// ParseVolume reads CLAIM:PATH.
func ParseVolume(text string) (Volume, error) {
	name, at, found := strings.Cut(text, ":")
	switch {
	case !found || !nameForm.MatchString(name) || len(name) > longestName:
		return Volume{}, fmt.Errorf("%q is not of the form CLAIM:PATH, such as models:/data", text)
	case !path.IsAbs(at) || path.Clean(at) != at || at == "/" || strings.Contains(at, ":"):
		return Volume{}, fmt.Errorf("%q is not a path at which a volume can be mounted, such as /data", at)
	}
	return Volume{name, at}, nil
}

// ParseLimits reads NAME=QUANTITY,…, as kubectl does.
func ParseLimits(text string) ([]Resource, error) {
	var out []Resource
	seen := make(map[string]bool)
	for _, part := range strings.Split(text, ",") {
		name, quantity, found := strings.Cut(part, "=")
		switch {
		case !found:
			return nil, fmt.Errorf("%q is not of the form NAME=QUANTITY, such as cpu=4 or nvidia.com/gpu=1", part)
		case nativeForm.MatchString(name):
			thousandths := name != "cpu" && strings.HasSuffix(quantity, "m") // of a byte: M was meant
			if !quantityForm.MatchString(quantity) || strings.Trim(quantity, "0.mkKMGTPEi") == "" || thousandths {
				return nil, fmt.Errorf("%q is not a quantity of %s, such as cpu=500m or memory=16Gi", quantity, name)
			}
		case !extendedForm.MatchString(name):
			return nil, fmt.Errorf("%q is not a resource of a pod, such as cpu, memory or nvidia.com/gpu", name)
		case !countForm.MatchString(quantity) || strings.Trim(quantity, "0") == "":
			return nil, fmt.Errorf("%q is not a number of %s, such as 1", quantity, name)
		}
		if seen[name] {
			return nil, fmt.Errorf("%s is there twice", name)
		}
		seen[name] = true
		out = append(out, Resource{name, quantity})
	}
	return out, nil
}

// NameFor makes a name for a Job from a text such as a file's name: labels of pods hold it, and
// the index of each behind it.
func NameFor(text string) string {
	text = strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(text))
	text = strings.Trim(text[:min(len(text), 40)], "-")
	if text == "" {
		return "sweep"
	}
	return text
}

// Check finds everything that a cluster would refuse, or that would be in vain.
func (j Job) Check() error {
	var all *multierror.Error
	add := func(wrong bool, remedy, format string, args ...any) {
		if wrong {
			all = multierror.Append(all, fault.New(format, args...).Mend(remedy))
		}
	}
	ending := 0
	if j.Workers > 1 {
		ending = len(fmt.Sprintf("-%d", j.Workers-1)) // pods' host names have the index
	}
	add(!labelForm.MatchString(j.Name) || len(j.Name)+ending > longestLabel, "write small letters, digits and `-`, 63 at most", "%q can't be the name of a Job", j.Name)
	add(j.Namespace != "" && (!labelForm.MatchString(j.Namespace) || len(j.Namespace) > longestLabel), "write small letters, digits and `-`, 63 at most", "%q can't be the name of a namespace", j.Namespace)
	add(!imageForm.MatchString(j.Image), "name one with `--image`, such as ghcr.io/lab/eval:1; loramerge and the evaluators must be in it", "%q is not the name of an image", j.Image)
	add(len(j.Volumes) == 0, "name a PersistentVolumeClaim and where it is mounted, such as `--volume models:/data`", "the pods share no folder")
	add(j.Workers < 1 || j.Workers > mostWorkers, "say how many with `--workers`", "%d workers can't be had", j.Workers)
	at := make(map[string]bool)
	for _, v := range j.Volumes {
		add(at[v.Path], "mount each at a path of its own", "two volumes are mounted at %s", v.Path)
		at[v.Path] = true
	}
	for _, file := range []string{j.Recipe, j.Folder} {
		add(len(j.Volumes) > 0 && !j.shared(file), "in the pods, the recipe and the sweep's folder must lie in a volume; mount it with `--volume`", "%s lies in no volume", file)
	}
	return all.ErrorOrNil()
}

// shared reports whether a path lies in a volume.
func (j Job) shared(file string) bool {
	for _, v := range j.Volumes {
		if strings.HasPrefix(path.Clean(file), v.Path+"/") {
			return true
		}
	}
	return false
}
