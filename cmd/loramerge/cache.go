package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/internal/cache"
	"github.com/loramerge/loramerge/internal/fileindex"
	"github.com/loramerge/loramerge/internal/printable"
	"github.com/loramerge/loramerge/merge/run"
)

func cacheCommand(ui *ui) *cobra.Command {
	command := &cobra.Command{
		Use:   "cache",
		Short: "manage the cache of intermediate values",
		Long: `The cache keeps intermediate values under the digest of everything that they depend on. When a new release
computes digests differently, older entries are no longer found: trim removes them in time, as the least
recently used, and clear removes them at once.`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	command.AddCommand(cacheInfo(ui), cacheVerify(ui), cacheTrim(ui), cacheVerb(ui, "clear", "remove every entry",
		func(_ *cobra.Command, store *cache.Cache) error {
			return errors.Join(store.Clear(), fileindex.Open(indexDir(store.Dir())).Clear(), forgetRates(store.Dir()))
		}))
	return command
}

func cacheInfo(ui *ui) *cobra.Command {
	return cacheVerb(ui, "info", "show where the cache is and what it holds", func(_ *cobra.Command, store *cache.Cache) error {
		info, err := store.Info()
		if err == nil {
			ui.printf("%s: %s, %s\n", store.Dir(), printable.Count(info.Entries, "entry"), size(info.Bytes))
		}
		return err
	})
}

func cacheVerify(ui *ui) *cobra.Command {
	return cacheVerb(ui, "verify", "hash every entry and remove the bad ones", func(c *cobra.Command, store *cache.Cache) error {
		bad, err := store.Verify(c.Context())
		for _, path := range bad {
			ui.printf("removed %s\n", path)
		}
		if err == nil {
			ui.printf("%s: %s\n", store.Dir(), printable.Count(len(bad), "bad entry"))
		}
		return err
	})
}

func cacheTrim(ui *ui) *cobra.Command {
	limit := byteSize(run.DefaultCacheSize)
	trim := cacheVerb(ui, "trim", "remove the least recently used entries, down to a size", func(_ *cobra.Command, store *cache.Cache) error {
		entries, freed, err := store.Trim(int64(limit))
		if err == nil {
			_, err = fileindex.Open(indexDir(store.Dir())).Prune()
		}
		if err == nil {
			ui.printf("removed %s, %s\n", printable.Count(entries, "entry"), size(freed))
		}
		return err
	})
	trim.Flags().Var(&limit, "cache-size", "the most that the cache may hold, such as 10GB")
	return trim
}

func cacheVerb(ui *ui, name, short string, do func(*cobra.Command, *cache.Cache) error) *cobra.Command {
	return &cobra.Command{Use: name, Short: short, Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		dir, err := ui.cacheDir()
		if err != nil {
			return err
		}
		store, err := cache.Open(dir)
		if err != nil {
			return err
		}
		return do(c, store)
	}}
}
