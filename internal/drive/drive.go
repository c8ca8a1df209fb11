// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package drive speaks the controller side of the line protocol by which an outside
// simulator drives a congestion controller in virtual time (docs/driver-protocol.md).
package drive

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// ErrProtocol is wrapped by errors about lines that cannot be understood.
var ErrProtocol = errors.New("driver protocol")

// Run reads commands from in and answers on out until in ends. It fails at the
// first line that is no command, naming the line.
func Run(in io.Reader, out io.Writer, cfg bwe.Config) error {
	s := &session{cfg: cfg, out: bufio.NewWriter(out)}
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 64<<10), 16<<20)
	for n := 1; lines.Scan(); n++ {
		if err := s.line(lines.Text()); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}

	return lines.Err()
}

type session struct {
	cfg     bwe.Config
	est     *bwe.Estimator
	out     *bufio.Writer
	results []bwe.PacketResult
}

func (s *session) line(text string) error {
	words := strings.Fields(text)
	if len(words) == 0 {
		return nil
	}
	if words[0] != "init" && s.est == nil {
		return fmt.Errorf("%w: %q before init", ErrProtocol, words[0])
	}
	switch words[0] {
	case "init":
		return s.init(words[1:])
	case "sent":
		return s.sent(words[1:])
	case "fb":
		return s.feedback(words[1:])
	case "tick":
		return s.tick(words[1:])
	default:
		return fmt.Errorf("%w: unknown command %q, want init, sent, fb or tick", ErrProtocol, words[0])
	}
}

func (s *session) init(words []string) error {
	v, err := integers(words, 4, 4)
	if err != nil {
		return err
	}
	cfg := s.cfg
	cfg.StartBitrate, cfg.MinBitrate, cfg.MaxBitrate = bwe.Bitrate(v[0]), bwe.Bitrate(v[1]), bwe.Bitrate(v[2])
	s.est, err = bwe.New(cfg, micros(v[3]))
	if err != nil {
		return err
	}

	return s.answer(s.est.Latest())
}

func (s *session) sent(words []string) error {
	v, err := integers(words, 3, 4)
	if err != nil {
		return err
	}
	p := bwe.SentPacket{Seq: v[0], Size: int(v[1]), At: micros(v[2])}
	if len(v) == 4 {
		p.ProbeCluster = int(v[3])
	}
	s.est.OnSent(p)

	return nil
}

func (s *session) feedback(words []string) error {
	v, err := integers(words[:min(2, len(words))], 2, 2)
	if err != nil {
		return err
	}
	if int64(len(words)-2) != v[1] {
		return fmt.Errorf("%w: fb announces %d packets and lists %d", ErrProtocol, v[1], len(words)-2)
	}
	s.results = s.results[:0]
	for _, w := range words[2:] {
		a, b, _ := strings.Cut(w, ":")
		pair, err := integers([]string{a, b}, 2, 2)
		if err != nil {
			return err
		}
		r := bwe.PacketResult{Seq: pair[0]}
		if pair[1] >= 0 {
			r.Received, r.ReceivedAt = true, micros(pair[1])
		}
		s.results = append(s.results, r)
	}

	return s.answer(s.est.OnFeedback(bwe.Feedback{At: micros(v[0]), Results: s.results}))
}

func (s *session) tick(words []string) error {
	v, err := integers(words, 1, 1)
	if err != nil {
		return err
	}

	return s.answer(s.est.OnTimer(micros(v[0])))
}

func (s *session) answer(u bwe.Update) error {
	cwnd := u.CongestionWindow
	if cwnd == 0 {
		cwnd = -1
	}
	fmt.Fprintf(s.out, "u %d %d %d %d %d", u.Estimate, u.PacingRate, u.PaddingRate, cwnd, len(u.Probes))
	for _, p := range u.Probes {
		fmt.Fprintf(s.out, " %d:%d:%d:%d", p.ID, p.Bitrate, p.MinPackets, p.MinDuration.Milliseconds())
	}
	s.out.WriteByte('\n')

	return s.out.Flush()
}

func integers(words []string, least, most int) ([]int64, error) {
	if len(words) < least || len(words) > most {
		return nil, fmt.Errorf("%w: %d arguments, want %d to %d", ErrProtocol, len(words), least, most)
	}
	out := make([]int64, len(words))
	for i, w := range words {
		v, err := strconv.ParseInt(w, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%w: %q is no integer", ErrProtocol, w)
		}
		out[i] = v
	}

	return out, nil
}

func micros(v int64) bwe.Time { return bwe.Time(v * int64(time.Microsecond)) }
