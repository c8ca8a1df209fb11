// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"fmt"

	"github.com/rtmcc/rtmcc/internal/lab/corpus"
)

// showAnalysis draws how far an analysis is. What was taken over from a journal took no
// time.
func (p *progress) showAnalysis(a corpus.Progress) {
	share := 0.0
	if a.AllBytes > 0 {
		all := float64(a.AllBytes)
		// Files may grow meanwhile.
		share, p.before = min(float64(a.Bytes)/all, 1), float64(a.ResumedBytes)/all
	}
	p.show(share, fmt.Sprintf("%d of %d files", a.Files, a.AllFiles))
}
