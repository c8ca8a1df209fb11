// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/internal/cli"
)

// TestCommandLinesOfThePagesParse reads every command line of rtmcc in the blocks of code
// of the documentation.
func TestCommandLinesOfThePagesParse(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	require.NoError(t, err)
	pages = append(pages, "../../README.md", "../../CONTRIBUTING.md")
	texts := make(map[string]string, len(pages))
	for _, page := range pages {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		texts[filepath.Base(page)] = string(text)
	}
	// Files that must exist for the flags that name them.
	t.Chdir(t.TempDir())
	for _, name := range []string{"mine.json", "lte.csv", "train.csv", "clip.mp4", "clip.ts"} {
		require.NoError(t, os.WriteFile(name, nil, 0o600))
	}
	for name, text := range texts {
		lines := commandLines(text)
		if name == "lab.md" || name == "cli.md" || name == "README.md" {
			require.Greater(t, len(lines), 5, name)
		}
		for _, words := range lines {
			parser, err := newParser(t.Context(), cli.Streams{})
			require.NoError(t, err)
			_, err = parser.Parse(words)
			require.NoError(t, err, "%s: rtmcc %s", name, strings.Join(words, " "))
		}
	}
}

func TestWrongCommandLinesOfAPageAreFound(t *testing.T) {
	lines := commandLines("```\n$ rtmcc sim 'a b' --seed 1 \\\n    --live && rtmcc sim --nonsense | jq .x   # rtmcc is fast\nrtmcc trace, 2 s\n```\n" +
		"rtmcc is not one\n```\ncat x | sudo go run ./cmd/rtmcc verify d & \nrtmcc analyse x\n```\n")
	require.Equal(t, [][]string{{"sim", "a b", "--seed", "1", "--live"}, {"sim", "--nonsense"}, {"verify", "d"}, {"analyse", "x"}}, lines)
	parser, err := newParser(t.Context(), cli.Streams{})
	require.NoError(t, err)
	_, err = parser.Parse(lines[0])
	require.NoError(t, err)
	_, err = parser.Parse(lines[1])
	require.ErrorContains(t, err, "--nonsense")
	_, err = parser.Parse(lines[3])
	require.ErrorContains(t, err, "analyse")
}

var (
	prompted  = regexp.MustCompile(`(?m)^\$ .*$`)
	codeBlock = regexp.MustCompile("(?ms)^```[a-z]*\n(.*?)^```")
	// shellWord is a word, in quotes as a whole or plain, an operator, or a comment.
	shellWord = regexp.MustCompile(`'[^']*'|"[^"]*"|&&|[|&;\n]|#[^\n]*|[^\s'"|&;]+`)
)

// commandLines returns the arguments of each rtmcc in the blocks of code of a page. In a
// block with prompts, what has none is output.
func commandLines(page string) [][]string {
	var lines [][]string
	for _, block := range codeBlock.FindAllStringSubmatch(page, -1) {
		text := strings.ReplaceAll(block[1], "\\\n", " ")
		if prompted := prompted.FindAllString(text, -1); prompted != nil {
			text = strings.Join(prompted, "\n")
		}
		var line []string
		for _, word := range append(shellWord.FindAllString(text, -1), "\n") {
			switch {
			case slices.Contains([]string{"&&", "|", "&", ";", "\n"}, word):
				if len(line) > 0 && (line[0] == "rtmcc" || line[0] == "./cmd/rtmcc") {
					lines = append(lines, line[1:])
				}
				line = nil
			case strings.HasPrefix(word, "#"):
			case len(line) == 0 && slices.Contains([]string{"$", "sudo", "go", "run", "/usr/bin/time", "-v"}, word):
			default:
				line = append(line, strings.Trim(word, `'"`))
			}
		}
	}

	return lines
}
