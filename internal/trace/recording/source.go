// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package recording defines the typed event stream that recordings of every format
// are read into: what was sent, what feedback told of it, and what the recorder
// itself decided, where the format has that.
package recording

import (
	"errors"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// ErrFormat is wrapped by errors about the content of a recording that leave nothing
// to read.
var ErrFormat = errors.New("recording")

// Source is a recording that is read from its start to its end. It is not safe for
// concurrent use.
type Source interface {
	// Next returns the next event, [io.EOF] at the end. The event, and what it points to,
	// is valid until the next call. Times do not go back within a recording, and begin
	// near zero. What is damaged is left out and counted; an error other than [io.EOF]
	// means that nothing more can be read, as where a disk fails.
	Next() (bwe.Event, error)
	// Info tells where the recording comes from.
	Info() Info
	// Damage counts what could not be read so far.
	Damage() Damage
	// Close releases what the source holds.
	Close() error
}

// Verbatim is a [Source] that can give the text of what it read.
type Verbatim interface {
	// Line returns the line of an rtmcc trace that the last event was read from, without its
	// end and valid until the next call of Next; nil where the recording is no such trace.
	Line() []byte
}

// Info tells where a recording comes from.
type Info struct {
	// Format names the format in a few words, such as "RTC event log V2".
	Format string `json:"format"`
	// ConvertedFrom names the format of the recording that an rtmcc trace was made of, empty
	// for any other.
	ConvertedFrom string `json:"converted_from,omitempty"`
	// Tool names the program that recorded it, empty where unknown.
	Tool string `json:"tool,omitempty"`
	// Start is the wall-clock time of the recording's zero, zero where unknown.
	Start time.Time `json:"start,omitzero"`
	// Recorder names the controller whose decisions are in the recording, such as
	// "GoogCC", empty where there are none.
	Recorder string `json:"recorder,omitempty"`
	// Freezes tells that the recording has all times in which the picture stood: where it has
	// none, there was none.
	Freezes bool `json:"freezes,omitempty"`
}

// Damage counts what of a recording could not be read, or not be used. Its zero value
// is a recording without damage.
type Damage struct {
	// Truncated tells that the recording ends in the midst of a record.
	Truncated bool `json:"truncated,omitempty"`
	// Records counts records that could not be read, Bytes the bytes passed over to find
	// the next good one.
	Records int   `json:"records,omitempty"`
	Bytes   int64 `json:"bytes,omitempty"`
	// Encrypted counts RTCP packets that could not be read because they are encrypted.
	Encrypted int `json:"encrypted,omitempty"`
	// Unmatched counts results of feedback for packets that the recording does not have.
	Unmatched int `json:"unmatched,omitempty"`
	// First says what was wrong first, empty where nothing was.
	First string `json:"first,omitempty"`
}

// Any tells whether anything was damaged.
func (d Damage) Any() bool { return d != Damage{} }

// Note counts a record that could not be read, and keeps why if it is the first.
func (d *Damage) Note(why error) {
	d.Records++
	d.Say(why)
}

// Say keeps why, if nothing was wrong before.
func (d *Damage) Say(why error) {
	if d.First == "" {
		d.First = why.Error()
	}
}
