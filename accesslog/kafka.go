package accesslog

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"github.com/segmentio/kafka-go"
)

const (
	partitions   = 3                // of the topic, if it has to be made
	metadataLife = 30 * time.Second // how long the number of partitions is believed

	attemptTimeout = 2 * time.Second // of one look for the topic
	attemptPause   = 250 * time.Millisecond
)

// Kafka sends records to the topic: to a partition by the client's name, acknowledged by all replicas. It has no queue
// of its own. It is a Sink. It is used by one goroutine at a time.
type Kafka struct {
	client     *kafka.Client
	transport  *kafka.Transport
	partitions int
	known      time.Time // when partitions was read
}

// NewKafka returns a sink that sends to brokers. It does not wait for them.
func NewKafka(brokers []string) *Kafka {
	transport := &kafka.Transport{ClientID: "bff", DialTimeout: time.Second, MetadataTTL: 5 * time.Second}
	return &Kafka{client: &kafka.Client{Addr: kafka.TCP(brokers...), Transport: transport, Timeout: 5 * time.Second}, transport: transport}
}

// Send delivers entries. The topic is made if it does not exist.
func (k *Kafka) Send(ctx context.Context, entries []Entry) error {
	n, err := k.topic(ctx)
	if err != nil {
		return err
	}
	byPartition := map[int][]kafka.Record{}
	for _, entry := range entries {
		p := int(crc32.ChecksumIEEE([]byte(entry.Key)) % uint32(n)) //nolint:gosec // a topic has few partitions
		byPartition[p] = append(byPartition[p], kafka.Record{
			Key: kafka.NewBytes([]byte(entry.Key)), Value: kafka.NewBytes(entry.Line), Time: time.Now(),
		})
	}

	for p, records := range byPartition {
		answer, err := k.client.Produce(ctx, &kafka.ProduceRequest{
			Topic: Topic, Partition: p, RequiredAcks: kafka.RequireAll, Records: kafka.NewRecordReader(records...),
		})
		if err == nil {
			err = answer.Error
		}
		if err == nil && len(answer.RecordErrors) > 0 {
			err = errors.New("some records were refused")
		}
		if err != nil {
			k.known = time.Time{} // another leader, or another number of partitions
			return fmt.Errorf("send %d records: %w", len(records), err)
		}
	}
	return nil
}

// Await returns when the topic is there, which it makes if need be, or with ctx's error. A consumer that joins a group
// before the topic exists would be given nothing until the group is balanced again.
func (k *Kafka) Await(ctx context.Context) error {
	for {
		attempt, cancel := context.WithTimeout(ctx, attemptTimeout)
		_, err := k.topic(attempt)
		cancel()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("await topic: %w", errors.Join(ctx.Err(), err))
		case <-time.After(attemptPause):
		}
	}
}

// topic returns how many partitions the topic has.
func (k *Kafka) topic(ctx context.Context) (int, error) {
	if time.Since(k.known) < metadataLife {
		return k.partitions, nil
	}
	found, err := k.client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{Topic}})
	if err != nil {
		return 0, fmt.Errorf("look for topic: %w", err)
	}
	if len(found.Topics) == 1 && found.Topics[0].Error == nil && len(found.Topics[0].Partitions) > 0 {
		k.partitions, k.known = len(found.Topics[0].Partitions), time.Now()
		return k.partitions, nil
	}

	made, err := k.client.CreateTopics(ctx, &kafka.CreateTopicsRequest{
		Topics: []kafka.TopicConfig{{Topic: Topic, NumPartitions: partitions, ReplicationFactor: -1}}, // the broker's own default
	})
	if err != nil {
		return 0, fmt.Errorf("create topic: %w", err)
	}
	if err := made.Errors[Topic]; err != nil && !errors.Is(err, kafka.TopicAlreadyExists) {
		return 0, fmt.Errorf("create topic: %w", err)
	}
	return 0, errors.New("the topic was made just now")
}

// Close closes the connections.
func (k *Kafka) Close() error {
	k.transport.CloseIdleConnections()
	return nil
}
