package main

import (
	"sync"
	"time"

	postv1 "bff/internal/gen/post/v1"
	userv1 "bff/internal/gen/user/v1"
)

// The bounds of the limit's cache of rows.
const (
	cacheLifetime = time.Hour
	cacheEntries  = 100_000 // of each kind
)

// rowCache keeps what the server's memory level keeps: rows and counts by id, no pages.
type rowCache struct {
	users  memory[*userv1.User]
	posts  memory[*postv1.Post]
	counts memory[int64]
}

// memory is a map with an age limit. The zero value is empty. Safe for concurrent use.
type memory[V any] struct {
	mu      sync.RWMutex
	entries map[int64]entry[V]
}

type entry[V any] struct {
	value V
	until time.Time
}

// take moves what is kept of keys into found and returns the other keys, in a slice of its own.
func (m *memory[V]) take(keys []int64, found map[int64]V) (missing []int64) {
	now := time.Now()
	m.mu.RLock()
	defer m.mu.RUnlock()
	for _, key := range keys {
		if kept, ok := m.entries[key]; ok && now.Before(kept.until) {
			found[key] = kept.value
			continue
		}
		missing = append(missing, key)
	}
	return missing
}

func (m *memory[V]) one(key int64) (V, bool) {
	m.mu.RLock()
	kept, ok := m.entries[key]
	m.mu.RUnlock()
	return kept.value, ok && time.Now().Before(kept.until)
}

// keep keeps the values of keys that were found. When there are too many it starts anew.
func (m *memory[V]) keep(keys []int64, found map[int64]V) {
	until := time.Now().Add(cacheLifetime)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.entries == nil || len(m.entries)+len(keys) > cacheEntries {
		m.entries = make(map[int64]entry[V], len(keys))
	}
	for _, key := range keys {
		if value, ok := found[key]; ok {
			m.entries[key] = entry[V]{value, until}
		}
	}
}
