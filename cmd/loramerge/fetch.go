package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/hub"
	"github.com/loramerge/loramerge/internal/hub/client"
	"github.com/loramerge/loramerge/internal/lockfile"
	"github.com/loramerge/loramerge/merge/hubcache"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
)

func fetchCommand(ui *ui) *cobra.Command {
	f := fetching{ui: ui, vars: varsFlag{}}
	command := &cobra.Command{
		Use:   "fetch RECIPE…",
		Short: "download the adapters that recipes load from the Hugging Face Hub",
		Long: `Downloads what recipes load by references, hf://OWNER/NAME@REVISION/FOLDER, into the local cache of the Hub's
libraries: of an adapter its configuration and its weights in safetensors. References can be named
themselves, too. This is the only command that goes to the network.

A branch or a tag is fetched at the commit that the recipe's lock has for it, as long as the lock has one; --update
asks the Hub anew. An interrupted download goes on where it ended, and what comes is compared with the Hub's
hashes. The variables are those of the Hub's libraries: HF_HOME, HF_HUB_CACHE, HF_TOKEN, HF_ENDPOINT, HF_HUB_OFFLINE.`,
		Example: "  loramerge fetch merge.yaml\n  loramerge fetch --update merge.yaml\n  loramerge fetch hf://acme/python-coder@v1.0",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := f.find(c, args); err != nil {
				return err
			}
			return f.fetch(c.Context())
		},
	}
	f.vars.add(command)
	command.Flags().BoolVar(&f.update, "update", false, "ask the Hub what branches lead to now, whatever the lock has")
	command.Flags().BoolVar(&f.dryRun, "dry-run", false, "ask the Hub, print what would be downloaded, and stop")
	command.Flags().BoolVar(&f.asJSON, "json", false, "print what was downloaded as JSON")
	return command
}

// fetching is one call of fetch.
type fetching struct {
	ui                     *ui
	vars                   varsFlag
	update, dryRun, asJSON bool
	wanted                 []*fetched
	client                 *client.Client
	progress               *progress
	all, done              run.Progress // of all files, and of those that are there
	resumed                int64        // what an earlier fetch has left of the file in progress; -1 before that is known
}

// fetched is what became of a reference.
type fetched struct {
	Reference string        `json:"reference"`
	Commit    string        `json:"commit"`
	Path      string        `json:"path"` // in the cache
	Files     []fetchedFile `json:"files"`
	NotTaken  []string      `json:"not_taken"`        // the repository's other files
	Pinned    string        `json:"pinned,omitempty"` // the lock's commit, if that is another one
	at        fault.Position
	lock      string
	asked     hub.Reference
	order     *client.Order
}

type fetchedFile struct {
	Name  string `json:"name"`
	Bytes int64  `json:"bytes"`
	State string `json:"state"`
}

const (
	isDownloaded = "downloaded"
	isThere      = "there already"
	isToCome     = "to be downloaded"
)

// find gathers the references that the arguments are or lead to, each once.
func (f *fetching) find(c *cobra.Command, args []string) error {
	for _, arg := range args {
		if plan.IsReference(arg) {
			asked, err := hub.Parse(arg)
			if err != nil {
				return err
			}
			f.want(&fetched{Reference: arg, asked: asked})
			continue
		}
		if err := f.findIn(c, arg); err != nil {
			return err
		}
	}
	return nil
}

func (f *fetching) findIn(c *cobra.Command, path string) error {
	name, source, err := f.ui.text(c, path)
	if err != nil {
		return err
	}
	parsed, err := plan.ParseRecipe(name, source, f.vars)
	if err != nil {
		return err
	}
	needs, err := plan.Referred(parsed, filepath.Dir(path), plan.Options{})
	if err != nil {
		return err
	}
	lock := lockfile.Path(name)
	pins, err := hubcache.Pins(lock)
	if err != nil && !f.update {
		return err
	}
	if len(needs) == 0 {
		f.ui.logf("%s: nothing to fetch: it loads nothing from the Hub\n", name)
	}
	for _, need := range needs {
		asked, err := hubcache.Resolve(need.Path, pins)
		if err != nil {
			return fault.Place(need.Position, err)
		}
		w := &fetched{Reference: need.Path, at: need.Position, lock: lock}
		if f.update {
			w.Pinned = asked.Revision
			if asked, err = hub.Parse(need.Path); err != nil {
				return fault.Place(need.Position, err)
			}
		}
		w.asked = asked.File(need.File)
		f.want(w)
	}
	return nil
}

func (f *fetching) want(w *fetched) {
	if !slices.ContainsFunc(f.wanted, func(other *fetched) bool { return other.asked == w.asked }) {
		f.wanted = append(f.wanted, w)
	}
}

// fetch asks for all that is wanted before it downloads anything, and does for each what can be done.
func (f *fetching) fetch(ctx context.Context) (err error) {
	if len(f.wanted) == 0 {
		return f.print(nil)
	}
	f.ui.keeps.Store(true)
	f.progress = f.ui.progress("fetching")
	f.progress.unit = "files"
	defer f.progress.finish()
	f.client, err = client.New(client.Options{Environment: hub.OfProcess(), Agent: "loramerge/" + version(), Now: time.Now, Sleep: sleep, Progress: f.told, Waiting: f.waiting})
	if err != nil {
		return err
	}
	worst := exited(0)
	failed := func(w *fetched, err error) {
		f.progress.finish()
		if _, mendable := errors.AsType[*fault.Fault](err); mendable {
			err = fault.Place(w.at, err)
		}
		f.ui.failure(err)
		if code := exited(exitCode(err)); worst == 0 || code < worst {
			worst = code
		}
	}
	var found []*fetched
	for _, w := range f.wanted {
		if err := f.look(ctx, w); ctx.Err() != nil {
			return context.Cause(ctx)
		} else if errors.Is(err, client.ErrUnreachable) {
			return fmt.Errorf("%s: %w", w.Reference, err)
		} else if err != nil {
			failed(w, err)
			continue
		}
		found = append(found, w)
	}
	for _, w := range found {
		if f.dryRun {
			break
		}
		if err := f.download(ctx, w); ctx.Err() != nil {
			return context.Cause(ctx)
		} else if err != nil {
			failed(w, err)
			w.order = nil
		}
	}
	f.progress.finish()
	found = slices.DeleteFunc(found, func(w *fetched) bool { return w.order == nil })
	if err := f.print(found); err != nil {
		return err
	}
	if worst != 0 {
		return worst
	}
	return nil
}

// look asks the hub what a reference leads to.
func (f *fetching) look(ctx context.Context, w *fetched) (err error) {
	if w.order, err = f.client.Look(ctx, w.asked); err != nil {
		return err
	}
	w.Commit, w.Path, w.NotTaken = w.order.Commit, w.order.Path, append([]string{}, w.order.Leave...)
	if w.Pinned == w.Commit || !hub.IsCommit(w.Pinned) {
		w.Pinned = ""
	}
	for _, file := range w.order.Take {
		there, err := f.client.Cached(w.order, file)
		if err != nil {
			return err
		}
		state := isToCome
		if there {
			state = isThere
		} else {
			f.all.AllModules++
			f.all.AllBytes += file.Size
		}
		w.Files = append(w.Files, fetchedFile{file.Path, file.Size, state})
	}
	return nil
}

func (f *fetching) download(ctx context.Context, w *fetched) error {
	for i, file := range w.order.Take {
		f.done, f.resumed = f.all, -1
		downloaded, err := f.client.Fetch(ctx, w.order, file)
		if err != nil {
			return err
		}
		if downloaded {
			f.all.Modules++
			f.all.Bytes += file.Size
			w.Files[i].State = isDownloaded
		} else {
			w.Files[i].State = isThere
		}
	}
	return f.client.Finish(w.order)
}

// told tells how much of a file is there. What was there before counts as nothing: it tells nothing of
// the speed.
func (f *fetching) told(_ string, done, _ int64) {
	if f.resumed < 0 {
		f.resumed = done
	}
	now := f.done
	now.Bytes += max(0, done-f.resumed)
	now.AllBytes -= f.resumed
	f.progress.update(now)
}

// waiting tells why nothing comes.
func (f *fetching) waiting(why string, wait time.Duration) {
	f.progress.finish()
	if wait == 0 {
		f.ui.logf("waiting: %s\n", why)
		return
	}
	f.ui.logf("waiting %s: %s\n", wait.Round(time.Second).String(), why)
}

// print shows what was fetched.
func (f *fetching) print(found []*fetched) error {
	if f.asJSON {
		return f.ui.json(append([]*fetched{}, found...))
	}
	for _, w := range found {
		f.ui.fetched(w)
	}
	return nil
}

// sleep waits, unless the context ends before.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
