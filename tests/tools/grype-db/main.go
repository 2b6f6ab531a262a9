// Builds a database for Grype with Grype's own transformers and writer, from workspaces as vunnel leaves them.
//
//	grype-db WORKSPACES FOLDER
//
// FOLDER gets vulnerability.db, with the indexes that Grype adds after a download, and import.json.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/anchore/grype/grype/db"
	"github.com/anchore/grype/grype/db/provider"
	v6 "github.com/anchore/grype/grype/db/v6"
)

func build(workspaces, folder string) error {
	paths, err := filepath.Glob(filepath.Join(workspaces, "*", "metadata.json"))
	if err != nil {
		return err
	}
	var states provider.States
	for _, path := range paths {
		state, err := provider.ReadState(path)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		states = append(states, *state)
	}
	if len(states) == 0 {
		return fmt.Errorf("%s: no workspace", workspaces)
	}
	return db.Build(db.BuildConfig{SchemaVersion: v6.ModelVersion, Directory: folder, States: states,
		Timestamp: time.Now(), Hydrate: true, SQLiteCacheSizeKiB: 65536})
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: grype-db WORKSPACES FOLDER")
		os.Exit(2)
	}
	if err := build(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "grype-db:", err)
		os.Exit(1)
	}
}
