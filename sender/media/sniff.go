// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"bytes"
	"path/filepath"
	"strings"
)

// container is a file format that is read without help.
type container int

const (
	unknownContainer container = iota
	containerMPEGTS
	containerMP4
	containerH264
	containerH265
	containerOgg
	containerIVF
)

// sniffLength is how much of a file is looked at.
const sniffLength = 4096

// identify tells a format by its first bytes, and by the name where they leave it
// open.
func identify(head []byte, name string) container {
	switch {
	case bytes.HasPrefix(head, []byte("OggS")):
		return containerOgg
	case bytes.HasPrefix(head, []byte("DKIF")):
		return containerIVF
	case looksLikeMP4(head):
		return containerMP4
	case looksLikeMPEGTS(head):
		return containerMPEGTS
	}
	if c := annexBCodec(head); c != unknownContainer {
		return c
	}
	if foreignSignature(head) {
		return unknownContainer
	}

	return byName(name)
}

func byName(name string) container {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".ts", ".m2ts", ".mts", ".m2t":
		return containerMPEGTS
	case ".mp4", ".m4v", ".mov", ".m4a", ".cmfv":
		return containerMP4
	case ".h264", ".264", ".avc":
		return containerH264
	case ".h265", ".265", ".hevc":
		return containerH265
	case ".ogg", ".opus":
		return containerOgg
	case ".ivf":
		return containerIVF
	default:
		return unknownContainer
	}
}

// looksLikeMP4 looks for a box that files begin with (ISO/IEC 14496-12, 4.2).
func looksLikeMP4(head []byte) bool {
	if len(head) < 8 {
		return false
	}
	switch string(head[4:8]) {
	case "ftyp", "styp", "moov", "moof", "mdat", "sidx", "free", "skip", "wide":
		return true
	default:
		return false
	}
}

// looksLikeMPEGTS looks for sync bytes at the distance of packets, behind up to a
// packet of something else.
func looksLikeMPEGTS(head []byte) bool {
	for i := 0; i < len(head) && i <= tsMaxStride; i++ {
		if tsStrideAt(head[i:]) > 0 {
			return true
		}
	}

	return false
}

// annexBCodec tells the byte streams of H.264 and H.265 apart by the NAL units
// that they may begin with.
func annexBCodec(head []byte) container {
	if !bytes.HasPrefix(head, []byte{0, 0, 1}) && !bytes.HasPrefix(head, []byte{0, 0, 0, 1}) {
		return unknownContainer
	}
	for _, nal := range splitAnnexB(head) {
		if len(nal) < 2 || nal[0]&0x80 != 0 {
			return unknownContainer
		}
		// nuh_layer_id 0 and nuh_temporal_id_plus1 1, VPS to AUD or a prefix SEI.
		if t := nal[0] >> 1; nal[1] == 1 && nal[0]&1 == 0 && (t >= 32 && t <= 35 || t == 39) {
			return containerH265
		}
		// SEI and AUD have nal_ref_idc 0, parameter sets another one. Their second
		// byte is no 1, which H.265's slices have there.
		t, reference := nal[0]&0x1f, nal[0]&0x60 != 0
		if nal[0] == 6 || nal[0] == 9 || (t == 7 || t == 8 || t == 13) && reference && nal[1] != 1 {
			return containerH264
		}
	}

	return unknownContainer
}

// foreignSignature knows the formats that a wrong file name must not hide.
func foreignSignature(head []byte) bool {
	for _, magic := range []string{
		"\x1aE\xdf\xa3",    // Matroska, WebM
		"FLV\x01",          // Flash video
		"RIFF",             // AVI, WAV
		"\x00\x00\x01\xba", // MPEG programme stream
		"ID3",              // MP3
		"fLaC",
	} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return true
		}
	}

	return false
}
