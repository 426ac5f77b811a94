package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/segmentio/kafka-go"

	"bff/accesslog"
)

const (
	group      = "bff-logwriter"
	batchSize  = 1000
	batchWait  = 200 * time.Millisecond // how long a batch waits to fill
	pause      = 500 * time.Millisecond // after a failure
	knownIDs   = 1 << 19                // of each partition, to drop duplicates
	knownSince = 24 * time.Hour         // how far back the files are read for them
)

// writer is one member of the consumer group. Each partition has files of its own, which one process at a time has
// open, even if the group has forgotten a member that was only slow.
type writer struct {
	brokers []string
	dir     string
	logger  *slog.Logger
}

// run consumes until ctx ends. Kafka may be down at any time.
func (w *writer) run(ctx context.Context) error {
	topic := accesslog.NewKafka(w.brokers)
	defer func() { _ = topic.Close() }()
	if err := topic.Await(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}

	members, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID: group, Brokers: w.brokers, Topics: []string{accesslog.Topic}, StartOffset: kafka.FirstOffset,
		SessionTimeout: 10 * time.Second, HeartbeatInterval: time.Second, RebalanceTimeout: 10 * time.Second,
		WatchPartitionChanges: true, PartitionWatchInterval: 10 * time.Second,
	})
	if err != nil {
		return fmt.Errorf("join consumer group: %w", err)
	}
	defer func() { _ = members.Close() }()

	for out := false; ; { // of the group, and that was said
		generation, err := members.Next(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			if !out {
				w.logger.Warn("not in the consumer group", "error", err.Error())
			}
			out = true
			sleep(ctx, pause)
			continue
		}
		out = false
		partitions := generation.Assignments[accesslog.Topic]
		w.logger.Info("joined the consumer group", "generation", generation.ID, "partitions", len(partitions))
		for _, p := range partitions {
			generation.Start(func(ctx context.Context) { w.partition(ctx, generation, p) })
		}
	}
}

// partition writes one partition until the generation ends, which ctx tells. It begins again after each failure, from
// what was committed: what was appended and not committed is known by its id.
func (w *writer) partition(ctx context.Context, generation *kafka.Generation, p kafka.PartitionAssignment) {
	offset := p.Offset
	for ctx.Err() == nil {
		var err error
		if offset, err = w.write(ctx, generation, p.ID, offset); err != nil && ctx.Err() == nil {
			w.logger.Warn("partition not written", "partition", p.ID, "error", err.Error())
			sleep(ctx, pause)
		}
	}
}

// write appends from offset on, until ctx ends or something fails; next is the offset that comes after what is durable.
func (w *writer) write(ctx context.Context, generation *kafka.Generation, partition int, offset int64) (next int64, err error) {
	files, err := openPartition(ctx, w.dir, partition)
	if err != nil {
		return offset, err
	}
	defer func() { err = errors.Join(err, files.Close()) }()
	known, err := lru.New[string, struct{}](knownIDs)
	if err != nil {
		return offset, err
	}
	if err := files.IDs(time.Now().Add(-knownSince), func(id string) { known.Add(id, struct{}{}) }); err != nil {
		return offset, err
	}

	reader := kafka.NewReader(kafka.ReaderConfig{
		Brokers: w.brokers, Topic: accesslog.Topic, Partition: partition, MinBytes: 1, MaxBytes: 10 << 20, MaxWait: time.Second,
		QueueCapacity: batchSize,
	})
	defer func() { _ = reader.Close() }()
	if err := reader.SetOffset(offset); err != nil {
		return offset, err
	}

	for {
		messages, err := gather(ctx, reader)
		if err != nil {
			return offset, err
		}
		fresh := w.fresh(messages, known)
		if len(fresh) > 0 {
			if err := files.Send(ctx, fresh); err != nil {
				return offset, err
			}
		}
		offset = messages[len(messages)-1].Offset + 1
		if err := generation.CommitOffsets(map[string]map[int]int64{accesslog.Topic: {partition: offset}}); err != nil {
			return offset, fmt.Errorf("commit: %w", err)
		}
	}
}

// openPartition waits until no other process has the files.
func openPartition(ctx context.Context, dir string, partition int) (*accesslog.Files, error) {
	for {
		files, err := accesslog.OpenFiles(dir, fmt.Sprintf("p%d", partition))
		if !errors.Is(err, accesslog.ErrTaken) {
			return files, err
		}
		if !sleep(ctx, batchWait) {
			return nil, ctx.Err()
		}
	}
}

// gather waits for a message and takes those that come soon after it.
func gather(ctx context.Context, reader *kafka.Reader) ([]kafka.Message, error) {
	first, err := reader.FetchMessage(ctx)
	if err != nil {
		return nil, fmt.Errorf("fetch: %w", err)
	}
	messages := []kafka.Message{first}
	soon, cancel := context.WithTimeout(ctx, batchWait)
	defer cancel()
	for len(messages) < batchSize {
		message, err := reader.FetchMessage(soon)
		if err != nil {
			break // what was gathered is good; a failure shows again at the next one
		}
		messages = append(messages, message)
	}
	return messages, nil
}

// fresh returns the records that were not written before. What is no record is left out, and said.
func (w *writer) fresh(messages []kafka.Message, known *lru.Cache[string, struct{}]) []accesslog.Entry {
	var entries []accesslog.Entry
	for _, message := range messages {
		var r accesslog.Record
		var line bytes.Buffer // others than the server may write JSON with line breaks
		if json.Unmarshal(message.Value, &r) != nil || r.ID == "" || json.Compact(&line, message.Value) != nil {
			w.logger.Warn("message is no record", "partition", message.Partition, "offset", message.Offset)
			continue
		}
		if twice, _ := known.ContainsOrAdd(r.ID, struct{}{}); !twice {
			entries = append(entries, accesslog.Entry{Key: r.Client, Line: line.Bytes()})
		}
	}
	return entries
}

// sleep waits, and says whether ctx lets it.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
