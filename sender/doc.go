// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package sender is the live side of congestion control for pion: one interceptor
// that paces, stamps, retransmits and hears feedback.
//
// A [Factory] goes into pion's interceptor registry and makes one [Sender] a
// PeerConnection. [NewBandwidthEstimator] makes the same Sender for the slot where
// pion's GCC sits, package cc of pion/interceptor.
//
// Everything that decides runs in one goroutine a Sender, its owner: the pacer, the
// estimator and the controller, the RTCP. Writers of media and readers of RTCP only
// hand over bytes. With nothing to send and nothing to wait for, the owner sleeps
// without a timer.
package sender
