// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package flexfec makes and uses FlexFEC repair packets
// (draft-ietf-payload-flexible-fec-scheme-03, "flexfec-03" in SDP, the version that
// libwebrtc speaks) with flexible masks over one stream of media.
//
// Header extensions that change from one transmission to the next, such as the
// transport-wide sequence number, are protected as zeros and come back as zeros: so does
// libwebrtc, and the number of the packet that was lost tells nobody anything.
package flexfec
