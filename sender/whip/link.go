// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package whip

import (
	"strings"

	"github.com/pion/stun/v4"
	"github.com/pion/webrtc/v4"

	"github.com/rtmcc/rtmcc/sender/signalling"
)

// maxLinks bounds how many ICE servers one answer may name.
const maxLinks = 32

// ParseLinks reads the ICE servers out of the values of Link headers (RFC 8288, RFC
// 9725 section 4.6). Links of other relations are skipped; links of the relation
// ice-server that cannot be used are counted as ignored: other schemes than stun,
// stuns, turn and turns, no host, a TURN server without credentials, more than 32.
func ParseLinks(values []string) (servers []webrtc.ICEServer, ignored int) {
	for _, value := range values {
		for rest := value; ; {
			l, after, ok := nextLink(rest)
			if !ok {
				break
			}
			rest = after
			if !l.iceServer() {
				continue
			}
			if server, ok := l.server(); ok && len(servers) < maxLinks {
				servers = append(servers, server)
			} else {
				ignored++
			}
		}
	}

	return servers, ignored
}

type link struct {
	target string
	params map[string]string
}

func (l *link) iceServer() bool {
	for _, rel := range strings.Fields(l.params["rel"]) {
		if strings.EqualFold(rel, "ice-server") {
			return true
		}
	}

	return false
}

func (l *link) server() (webrtc.ICEServer, bool) {
	uri, err := signalling.ParseICEURL(l.target)
	if err != nil {
		return webrtc.ICEServer{}, false
	}
	server := webrtc.ICEServer{URLs: []string{l.target}}
	if uri.Scheme == stun.SchemeTypeSTUN || uri.Scheme == stun.SchemeTypeSTUNS {
		return server, true
	}
	kind := l.params["credential-type"]
	username, credential := l.params["username"], l.params["credential"]
	server.Username, server.Credential = username, credential
	usable := username != "" && credential != "" && (kind == "" || strings.EqualFold(kind, "password"))

	return server, usable
}

// nextLink cuts the first link off text; ok is false where there is none left.
func nextLink(text string) (l link, rest string, ok bool) {
	_, text, ok = strings.Cut(text, "<")
	if !ok {
		return link{}, "", false
	}
	target, text, ok := strings.Cut(text, ">")
	if !ok {
		return link{}, "", false
	}
	l = link{target: strings.TrimSpace(target), params: map[string]string{}}
	for {
		text = strings.TrimLeft(text, " \t")
		if !strings.HasPrefix(text, ";") {
			return l, text, true
		}
		var name, value string
		name, value, text = nextParam(text[1:])
		// The first occurrence counts (RFC 8288 section 3.3).
		if _, seen := l.params[name]; !seen && name != "" {
			l.params[name] = value
		}
	}
}

// nextParam cuts one parameter, name in lower case, off text.
func nextParam(text string) (name, value, rest string) {
	end := strings.IndexAny(text, "=;,")
	if end < 0 {
		end = len(text)
	}
	name, text = strings.ToLower(strings.TrimSpace(text[:end])), text[end:]
	if !strings.HasPrefix(text, "=") {
		return name, "", text
	}
	text = strings.TrimLeft(text[1:], " \t")
	if strings.HasPrefix(text, `"`) {
		value, rest = quotedString(text[1:])

		return name, value, rest
	}
	end = strings.IndexAny(text, ";,")
	if end < 0 {
		end = len(text)
	}

	return name, strings.TrimSpace(text[:end]), text[end:]
}

// quotedString reads up to the closing quote (RFC 9110 section 5.6.4), or to the end
// where there is none.
func quotedString(text string) (value, rest string) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '"':
			return b.String(), text[i+1:]
		case text[i] == '\\' && i+1 < len(text):
			i++
		}
		b.WriteByte(text[i])
	}

	return b.String(), ""
}
