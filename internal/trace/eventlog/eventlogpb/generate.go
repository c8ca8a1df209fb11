// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package eventlogpb holds the messages of the RTC event log that are read. Its code is
// made by protoc 3.21.12 and google.golang.org/protobuf/cmd/protoc-gen-go v1.36.12.
package eventlogpb

//go:generate protoc --go_out=. --go_opt=paths=source_relative rtceventlog1.proto rtceventlog2.proto
