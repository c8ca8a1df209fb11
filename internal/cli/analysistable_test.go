// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/lab/session"
)

func TestUnknownFiguresAreDashes(t *testing.T) {
	var a analysis
	text := a.block(&session.Summary{Duration: 30, Ignored: 3})
	require.Contains(t, text, "  sent -, received -, loss -, round trip -, delay above its least - (95 %: -)\n")
	require.Contains(t, text, "\n  3 events were left out for their time, which is before the start or more than 24 hours after it.\n")
	text = a.block(&session.Summary{Duration: 30, Metrics: session.Metrics{
		Sent: new(2 * bwe.Mbps), Received: new(bwe.Mbps), Loss: new(0.0), RTT: new(50.4), Delay50: new(0.0), Delay95: new(9.0),
	}})
	require.Contains(t, text, "  sent 2.00 Mbps, received 1.00 Mbps, loss 0.0 %, round trip 50 ms, delay above its least 0 ms (95 %: 9 ms)\n")
	require.NotContains(t, text, "left out")
}
