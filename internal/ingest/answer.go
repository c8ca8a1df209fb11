// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"fmt"

	"github.com/pion/sdp/v3"

	"github.com/rtmcc/rtmcc/sdpext"
)

// amendAnswer says in an answer what pion, which repeats the offer's parameters, does
// not: whether B-frames are taken.
func amendAnswer(cfg *Config, answer string) (string, error) {
	var d sdp.SessionDescription
	if err := d.UnmarshalString(answer); err != nil {
		return "", fmt.Errorf("our answer: %w", err)
	}
	for _, m := range d.MediaDescriptions {
		sdpext.SetBFrames(m, !cfg.NoBFrames)
	}
	out, err := d.Marshal()

	return string(out), err
}
