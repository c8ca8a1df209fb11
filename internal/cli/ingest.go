// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/rtmcc/rtmcc/internal/ingest"
)

// IngestOptions are the flags of "rtmcc ingest".
type IngestOptions struct {
	Listen, Token, Record string
	// Dump is the directory that keeps the packets and frames of each session; empty
	// for none.
	Dump             string
	FeedbackInterval time.Duration
	JitterDelay      time.Duration
	MinJitterDelay   time.Duration
	JSON             bool

	// What a poorer server does without; see [ingest.Config].
	NoBFrames, NoCompositionTime, NoAAC, NoReferenceTimes bool
}

// Ingest receives until ctx is cancelled, and prints the statistics of every
// session.
func Ingest(ctx context.Context, o IngestOptions, s Streams) error {
	server, err := ingest.Start(ingest.Config{
		Listen: o.Listen, Token: o.Token, Record: o.Record, FeedbackInterval: o.FeedbackInterval, JitterDelay: o.JitterDelay,
		MinJitterDelay: o.MinJitterDelay,
		NoBFrames:      o.NoBFrames, NoCompositionTime: o.NoCompositionTime, NoAAC: o.NoAAC, NoReferenceTimes: o.NoReferenceTimes,
		NewDump: newDump(o.Dump, func(text string) { Say(s.Err, "warning: %s\n", text) }),
	})
	if err != nil {
		return err
	}
	Say(s.Err, "receiving at %s: push to it with \"rtmcc push FILE %[1]s\", end with Ctrl-C\n", server.URL())
	<-ctx.Done()
	err = server.Close()
	sessions := server.Sessions()
	if o.JSON {
		return errors.Join(err, json.NewEncoder(s.Out).Encode(struct {
			Sessions []ingest.SessionStats `json:"sessions"`
		}{sessions}))
	}
	for i := range sessions {
		err = errors.Join(err, printSession(s, &sessions[i]))
	}

	return err
}

func printSession(s Streams, st *ingest.SessionStats) error {
	_, err := fmt.Fprintf(s.Out, "session %s: %.1f s, %d video and %d audio frames, %d packets lost, %d gaps, %d freezes (%d ms)\n",
		st.ID, st.DurationSeconds, st.VideoFrames, st.AudioFrames, st.PacketsLost, st.Gaps, st.Freezes, st.FreezeMS)
	switch {
	case st.RecordError != "":
		Say(s.Err, "warning: recording %s: %s\n", st.Record, st.RecordError)
	case st.Record != "" && err == nil:
		_, err = fmt.Fprintf(s.Out, "  recorded %d frames in %s\n", st.RecordedFrames, st.Record)
	}

	return err
}
