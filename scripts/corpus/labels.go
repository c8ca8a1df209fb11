// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/lab/session"
	"github.com/rtmcc/rtmcc/internal/lab/specimen"
)

// label is a line of labels.jsonl. Answers are yes, no and unclear.
type label struct {
	Name            string        `json:"name"`
	Family          string        `json:"family"`
	Estimate        string        `json:"estimate_oscillates"`
	Cause           session.Cause `json:"estimate_cause,omitempty"`
	Target          string        `json:"target_oscillates"`
	TargetAlone     string        `json:"target_alone"`
	Capped          string        `json:"capped"`
	LowBandwidth    string        `json:"low_bandwidth"`
	Lossy           string        `json:"lossy"`
	Jittery         string        `json:"jittery"`
	FeedbackTrouble string        `json:"feedback_trouble"`
}

// labelled returns sessions of which it is known what is true of them.
func labelled(o *options) []toMake {
	specimens := specimen.Specimens(o.sessions, o.seed)
	out := make([]toMake, len(specimens))
	for i := range out {
		s := &specimens[i]
		out[i].name = s.Name
		out[i].play = func(ctx context.Context, observe bwe.Observer) error {
			truth, err := s.Play(ctx, observe)
			out[i].label = label{
				Name: out[i].label.Name, Family: s.Family,
				Estimate: truth.Estimate.String(), Cause: truth.Cause, Target: truth.Target.String(), TargetAlone: truth.TargetAlone.String(),
				Capped: truth.Capped.String(), LowBandwidth: truth.LowBandwidth.String(), Lossy: truth.Lossy.String(),
				Jittery: truth.Jittery.String(), FeedbackTrouble: truth.FeedbackTrouble.String(),
			}

			return err
		}
	}

	return out
}

func writeLabels(path string, sessions []toMake) error {
	file, err := os.Create(path) //nolint:gosec // the user names the folder
	if err != nil {
		return err
	}
	out := json.NewEncoder(file)
	for i := range sessions {
		err = errors.Join(err, out.Encode(&sessions[i].label))
	}

	return errors.Join(err, file.Close())
}
