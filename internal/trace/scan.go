// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package trace

import (
	"math"
	"strconv"
)

// scanner reads a line that has exactly the form that the writer gives it. What it
// meets first that is otherwise makes it fail for good; such lines are left to
// encoding/json, which knows all of JSON.
type scanner struct {
	rest   []byte
	failed bool
}

// take passes over text, which must come next.
func (s *scanner) take(text string) {
	if !s.optional(text) {
		s.failed = true
	}
}

// optional passes over text if it comes next, and tells whether it did.
func (s *scanner) optional(text string) bool {
	if len(s.rest) < len(text) || string(s.rest[:len(text)]) != text {
		return false
	}
	s.rest = s.rest[len(text):]

	return true
}

// end tells whether the object ends here and nothing has failed.
func (s *scanner) end() bool { return !s.failed && string(s.rest) == "}" }

// plainDigits is how many decimal digits any int64 can take.
const plainDigits = 18

func (s *scanner) integer(key string) int64 {
	s.take(key)

	return s.number()
}

// number reads an integer as JSON writes it.
func (s *scanner) number() int64 {
	i, n := 0, int64(0)
	negative := len(s.rest) > 0 && s.rest[0] == '-'
	if negative {
		i++
	}
	first := i
	for ; i < len(s.rest); i++ {
		digit := int64(s.rest[i]) - '0'
		if digit < 0 || digit > 9 {
			break
		}
		if i-first >= plainDigits && n > (math.MaxInt64-digit)/10 {
			s.failed = true

			return 0
		}
		n = n*10 + digit
	}
	if i == first || i > first+1 && s.rest[first] == '0' {
		s.failed = true

		return 0
	}
	s.rest = s.rest[i:]
	if negative {
		return -n
	}

	return n
}

// fraction reads a number as JSON writes it; null stands for zero.
func (s *scanner) fraction(key string) float64 {
	s.take(key)
	if s.optional("null") {
		return 0
	}
	length := s.fractionLength()
	if length == 0 {
		s.failed = true

		return 0
	}
	f, err := strconv.ParseFloat(string(s.rest[:length]), 64)
	if err != nil {
		s.failed = true
	}
	s.rest = s.rest[length:]

	return f
}

// fractionLength returns the length of the number that comes next (RFC 8259, section
// 6), zero where there is none.
func (s *scanner) fractionLength() int {
	text := s.rest
	digits := func(i int) int {
		for i < len(text) && text[i] >= '0' && text[i] <= '9' {
			i++
		}

		return i
	}
	i := 0
	if i < len(text) && text[i] == '-' {
		i++
	}
	first := i
	if i = digits(i); i == first || i > first+1 && text[first] == '0' {
		return 0
	}
	if i < len(text) && text[i] == '.' {
		first = i + 1
		if i = digits(first); i == first {
			return 0
		}
	}
	if i < len(text) && (text[i] == 'e' || text[i] == 'E') {
		i++
		if i < len(text) && (text[i] == '+' || text[i] == '-') {
			i++
		}
		first = i
		if i = digits(i); i == first {
			return 0
		}
	}

	return i
}

// word reads a string without escapes; it is valid as long as the line is.
func (s *scanner) word(key string) []byte {
	s.take(key)
	s.take(`"`)
	for i, c := range s.rest {
		switch {
		case c == '"':
			w := s.rest[:i]
			s.rest = s.rest[i+1:]

			return w
		case c < ' ' || c > '~' || c == '\\':
			s.failed = true

			return nil
		}
	}
	s.failed = true

	return nil
}

// scanName reads the name of one of the values of E, which are those from zero to last.
func scanName[E interface {
	~uint8
	String() string
}](s *scanner, key string, last E) E {
	w := s.word(key)
	for e := E(0); e <= last; e++ {
		if e.String() == string(w) {
			return e
		}
	}
	s.failed = true

	return 0
}
