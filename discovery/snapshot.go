package discovery

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// snapshots keeps the last good list of each service in a file, for a start without ZooKeeper. The empty folder keeps
// nothing.
type snapshots struct{ dir string }

func (s snapshots) path(service string) string {
	return filepath.Join(s.dir, strings.ReplaceAll(service, string(filepath.Separator), "_")+".json")
}

// load returns the list of a service, nothing if there is none.
func (s snapshots) load(service string) ([]Instance, error) {
	if s.dir == "" {
		return nil, nil
	}
	content, err := os.ReadFile(s.path(service))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read snapshot: %w", err)
	}

	var instances []Instance
	if err := json.Unmarshal(content, &instances); err != nil {
		return nil, fmt.Errorf("snapshot of %s is damaged: %w", service, err)
	}
	for _, instance := range instances {
		if err := instance.validate(); err != nil {
			return nil, fmt.Errorf("snapshot of %s is damaged: %w", service, err)
		}
	}
	return sorted(instances), nil
}

// save replaces the list of a service. A crash leaves the old one or the new one.
func (s snapshots) save(service string, instances []Instance) (err error) {
	if s.dir == "" {
		return nil
	}
	content, err := json.MarshalIndent(instances, "", "  ")
	if err != nil {
		return fmt.Errorf("write snapshot: %w", err)
	}
	if err := os.MkdirAll(s.dir, 0o750); err != nil {
		return fmt.Errorf("write snapshot: %w", err)
	}
	file, err := os.CreateTemp(s.dir, ".snapshot-*")
	if err != nil {
		return fmt.Errorf("write snapshot: %w", err)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("write snapshot: %w", errors.Join(err, os.Remove(file.Name())))
		}
	}()

	_, err = file.Write(content)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), s.path(service))
}
