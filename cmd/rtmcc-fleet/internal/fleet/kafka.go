// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package fleet

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/plain"

	"github.com/rtmcc/rtmcc/internal/lab/session"
)

func init() {
	register.DoFn3x1[context.Context, []byte, func(offsetRange), error](&listOffsets{})
	register.DoFn3x1[context.Context, offsetRange, func(Outcome), error](&judgeMessages{})
	register.Emitter1[offsetRange]()
	register.Emitter1[Outcome]()
}

// Kafka names a topic whose messages are recordings, one a message.
type Kafka struct {
	Brokers []string `json:"brokers"`
	Topic   string   `json:"topic"`
	// Since leaves out messages that are older; zero for none.
	Since time.Time `json:"since,omitzero"`
	// TLS encrypts the connection. User and Password log in by SASL PLAIN; empty for none.
	TLS      bool   `json:"tls,omitempty"`
	User     string `json:"user,omitempty"`
	Password string `json:"password,omitempty"`
}

const (
	// rangeMessages bounds what one worker takes of a partition at a time.
	rangeMessages = 200
	// mostSilence is how long nothing may come although the log says that there is more:
	// what remains of a range may have been compacted away.
	mostSilence = 10 * time.Second
	// mostMessage bounds a message in bytes.
	mostMessage = 256 << 20
)

// ErrTopic is wrapped where a topic cannot be read.
var ErrTopic = errors.New("kafka")

// FromKafka judges the recordings that are in a topic when the pipeline starts, and
// returns what came of each. A message's key names its recording; without one the topic,
// partition and offset do.
func FromKafka(s beam.Scope, k Kafka, cfg session.Config) beam.PCollection {
	s = s.Scope("FromKafka")
	ranges := beam.Reshuffle(s, beam.ParDo(s, &listOffsets{Kafka: k}, beam.Impulse(s)))

	return beam.ParDo(s, &judgeMessages{Kafka: k, Config: cfg}, ranges)
}

func (k *Kafka) client(more ...kgo.Opt) (*kgo.Client, error) {
	opts := append([]kgo.Opt{kgo.SeedBrokers(k.Brokers...), kgo.FetchMaxPartitionBytes(16 << 20), kgo.BrokerMaxReadBytes(mostMessage)}, more...)
	if k.TLS {
		opts = append(opts, kgo.DialTLSConfig(&tls.Config{MinVersion: tls.VersionTLS12}))
	}
	if k.User != "" {
		opts = append(opts, kgo.SASL(plain.Auth{User: k.User, Pass: k.Password}.AsMechanism()))
	}

	return kgo.NewClient(opts...)
}

// offsetRange is a part of a partition: the messages from From up to To, which it leaves
// out.
type offsetRange struct {
	Partition int32
	From, To  int64
}

// listOffsets tells what is in the topic.
type listOffsets struct {
	Kafka Kafka `json:"kafka"`
}

// ProcessElement is called by Beam.
func (l *listOffsets) ProcessElement(ctx context.Context, _ []byte, emit func(offsetRange)) error {
	client, err := l.Kafka.client()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrTopic, err)
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	list := admin.ListStartOffsets
	if !l.Kafka.Since.IsZero() {
		list = func(ctx context.Context, topics ...string) (kadm.ListedOffsets, error) {
			return admin.ListOffsetsAfterMilli(ctx, l.Kafka.Since.UnixMilli(), topics...)
		}
	}
	first, err := list(ctx, l.Kafka.Topic)
	if err == nil {
		err = first.Error()
	}
	if err != nil {
		return fmt.Errorf("%w: topic %q: %w", ErrTopic, l.Kafka.Topic, err)
	}
	last, err := admin.ListEndOffsets(ctx, l.Kafka.Topic)
	if err == nil {
		err = last.Error()
	}
	if err != nil {
		return fmt.Errorf("%w: topic %q: %w", ErrTopic, l.Kafka.Topic, err)
	}
	last.Each(func(end kadm.ListedOffset) {
		begin, ok := first.Lookup(end.Topic, end.Partition)
		if !ok {
			return
		}
		for at := begin.Offset; at < end.Offset; at += rangeMessages {
			emit(offsetRange{Partition: end.Partition, From: at, To: min(at+rangeMessages, end.Offset)})
		}
	})

	return nil
}

// judgeMessages turns the messages of a range into outcomes.
type judgeMessages struct {
	Kafka  Kafka          `json:"kafka"`
	Config session.Config `json:"config"`
}

// ProcessElement is called by Beam.
func (j *judgeMessages) ProcessElement(ctx context.Context, r offsetRange, emit func(Outcome)) error {
	client, err := j.Kafka.client(kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{
		j.Kafka.Topic: {r.Partition: kgo.NewOffset().At(r.From)},
	}), kgo.KeepControlRecords())
	if err != nil {
		return fmt.Errorf("%w: %w", ErrTopic, err)
	}
	defer client.Close()
	for next := r.From; next < r.To; {
		records, err := poll(ctx, client)
		if err != nil {
			return fmt.Errorf("%w: topic %q, partition %d, offset %d: %w", ErrTopic, j.Kafka.Topic, r.Partition, next, err)
		}
		if len(records) == 0 {
			return nil
		}
		for _, m := range records {
			if next = m.Offset + 1; m.Offset >= r.To || m.Attrs.IsControl() {
				continue
			}
			emit(judge(bytes.NewReader(m.Value), messageName(m), j.Config))
		}
	}

	return nil
}

// poll waits for messages, and returns none where none came for a long time.
func poll(ctx context.Context, client *kgo.Client) ([]*kgo.Record, error) {
	wait, cancel := context.WithTimeout(ctx, mostSilence)
	defer cancel()
	fetches := client.PollFetches(wait)
	if errs := fetches.Errors(); len(errs) > 0 {
		if wait.Err() != nil && ctx.Err() == nil {
			return nil, nil
		}

		return nil, errs[0].Err
	}

	return fetches.Records(), nil
}

func messageName(m *kgo.Record) string {
	if len(m.Key) > 0 {
		return string(m.Key)
	}

	return fmt.Sprintf("%s/%d/%d", m.Topic, m.Partition, m.Offset)
}
