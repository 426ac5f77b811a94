package discovery

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// snapshots keep the last good list of each service on disk, one file a service, for a start without ZooKeeper. The
// empty name keeps nothing.
type snapshots string

// snapshot is the content of such a file.
type snapshot struct {
	Service   string     `json:"service"`
	Saved     time.Time  `json:"saved"`
	Instances []Instance `json:"instances"`
}

func (s snapshots) path(service string) string { return filepath.Join(string(s), service+".json") }

// load returns the list that was saved last: nothing, without an error, if none was.
func (s snapshots) load(service string) ([]Instance, error) {
	if s == "" {
		return nil, nil
	}
	content, err := os.ReadFile(s.path(service))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read snapshot: %w", err)
	}

	var saved snapshot
	if err := json.Unmarshal(content, &saved); err != nil {
		return nil, fmt.Errorf("read snapshot of %s: %w", service, err)
	}
	if saved.Service != service {
		return nil, fmt.Errorf("read snapshot of %s: it is one of %q", service, saved.Service)
	}

	var good []Instance
	for _, i := range saved.Instances {
		if checked, err := i.checked(); err == nil {
			good = append(good, checked)
		}
	}
	return ordered(good), nil
}

// save replaces the list of a service. A reader, or a crash at any moment, finds the old file or the new one.
func (s snapshots) save(service string, instances []Instance) error {
	if s == "" {
		return nil
	}
	content, err := json.MarshalIndent(snapshot{Service: service, Saved: time.Now().UTC(), Instances: instances}, "", "  ")
	if err != nil {
		return fmt.Errorf("write snapshot of %s: %w", service, err)
	}
	if err := os.MkdirAll(string(s), 0o750); err != nil {
		return fmt.Errorf("write snapshot: %w", err)
	}
	if err := replaceFile(s.path(service), content); err != nil {
		return fmt.Errorf("write snapshot of %s: %w", service, err)
	}
	return nil
}

// replaceFile writes beside the file and moves the result over it when it is safely on disk.
func replaceFile(path string, content []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes the new name last.
func syncFolder(path string) error {
	folder, err := os.Open(path) //nolint:gosec // the operator's own choice
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
