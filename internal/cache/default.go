package cache

import (
	"fmt"
	"os"
	"path/filepath"
)

// DefaultDir returns the absolute path of the folder that the environment
// names in LORAMERGE_CACHE, or of the folder "loramerge" among the user's
// caches. The folder need not be there.
func DefaultDir() (string, error) {
	if dir := os.Getenv("LORAMERGE_CACHE"); dir != "" {
		return filepath.Abs(dir)
	}
	caches, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("the cache has no folder: %w; name one in LORAMERGE_CACHE", err)
	}
	return filepath.Join(caches, "loramerge"), nil
}
