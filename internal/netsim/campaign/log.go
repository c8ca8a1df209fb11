// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package campaign

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/trace"
)

// logs are the traces of one run, one for each flow.
type logs struct {
	plan  *Plan
	job   job
	alone bool
	files []*trace.File
	err   error
}

// observer returns what the simulation asks for each flow's observer, nil where no
// traces are wanted.
func (l *logs) observer() func(flow int) bwe.Observer {
	if l.plan.Log == "" {
		return nil
	}

	return func(flow int) bwe.Observer {
		file, err := trace.Create(l.path(flow), trace.Header{Tool: "rtmcc sim", Freezes: true})
		if err != nil {
			l.err = errors.Join(l.err, err)

			return nil
		}
		file.Wait()
		l.files = append(l.files, file)

		return file.Observe
	}
}

func (l *logs) path(flow int) string {
	path := l.plan.Log
	if l.alone && max(len(l.job.flows), len(l.job.scenario.Flows)) == 1 {
		return path
	}
	folder, base := filepath.Split(path)
	stem, rest, dotted := strings.Cut(base, ".")
	name := fmt.Sprintf("%s.%s.flow%d", stem, l.job.name, flow+1)
	if dotted {
		name += "." + rest
	}

	return filepath.Join(folder, name)
}

// close ends the traces and returns what went wrong with any.
func (l *logs) close() error {
	err := l.err
	for _, f := range l.files {
		err = errors.Join(err, f.Close())
	}

	return err
}
