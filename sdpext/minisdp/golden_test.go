// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package minisdp

import (
	"bytes"
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// unhexed reads hexadecimal digits with blanks between them.
func unhexed(t require.TestingT, digits ...string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(strings.Join(digits, ""), " ", ""))
	require.NoError(t, err)

	return b
}

const zeros16 = "00000000000000000000000000000000"

// golden is a push offer as the reference packer makes it.
func golden(t require.TestingT) []byte {
	return unhexed(t,
		"ff534450 00 0000 00 0000", zeros16, "0102 0c",
		"11223344 00000000 04 03dea080 01 0302",
		"55667788 00000000 05 3fc0b800 02 0302 0909",
		"0004 61626364 0010 30313233343536373839616263646566",
		"00000008 682f6c6976652f73 0000 0000", zeros16, "01",
	)
}

func goldenMessage() Message {
	return Message{
		Seq: 0x0102,
		Media: []Medium{
			{
				Kind: Audio, SSRC: 0x11223344, Extensions: []Extension{{ID: 3, URI: 2}},
				Codecs: []Codec{{Kind: Opus, PayloadType: 111, ClockRate: 48000, Channels: 2, NACK: true, TransportCC: true}},
			},
			{
				Kind: Video, SSRC: 0x55667788, Extensions: []Extension{{ID: 3, URI: 2}, {ID: 9, URI: 9}},
				Codecs: []Codec{{Kind: H264, PayloadType: 96, ClockRate: 90000, BFrames: true, NACK: true, TransportCC: true, REMB: true}},
			},
		},
		Ufrag: "abcd", Pwd: "0123456789abcdef", URL: "h/live/s", Stream: StreamPush,
	}
}

func TestGoldenOffer(t *testing.T) {
	want := golden(t)
	require.Len(t, want, 120)
	m := goldenMessage()
	b, err := m.Marshal()
	require.NoError(t, err)
	require.Equal(t, hex.EncodeToString(want), hex.EncodeToString(b))
	var back Message
	require.NoError(t, back.Unmarshal(want))
	require.Equal(t, m, back)
	require.NoError(t, back.Err())
}

func TestAnswerBytes(t *testing.T) {
	m := Message{
		Kind: Answer, Seq: 7, Direction: RecvOnly, Role: RolePassive, Encrypted: true, NotSeqAligned: true, NotImmediate: true,
		StringBundle: true, Candidate: netip.MustParseAddrPort("192.0.2.1:8000"),
		Media: []Medium{{Kind: Audio, Codecs: []Codec{{
			Kind: LATM, PayloadType: 117, ClockRate: 44100, Channels: 2, RRTR: true,
			AAC: AACParameters{Object: 29, PS: true, SBR: true, Stereo: true, CPresent: true, Config: "40"},
		}}}},
		Fingerprint: "sha-256 AA", ServerSignature: "s",
	}
	want := unhexed(t, "ff534450 00 0000 75 1f40 c0000201", zeros16[8:], "0007 55",
		"00000000 00000000 04 14ea00a0 1d 02 0f00 3430 00",
		"0000 0000 00000000 000a 7368612d323536204141 0001 73", zeros16)
	b, err := m.Marshal()
	require.NoError(t, err)
	require.Equal(t, hex.EncodeToString(want), hex.EncodeToString(b))
	var back Message
	require.NoError(t, back.Unmarshal(b))
	require.Equal(t, m, back)

	m.Candidate = netip.MustParseAddrPort("[2001:db8::1]:1")
	b, err = m.Marshal()
	require.NoError(t, err)
	require.Equal(t, byte(0xf5), b[7])
	require.Equal(t, unhexed(t, "20010db8000000000000000000000001"), b[10:26])
	require.NoError(t, back.Unmarshal(b))
	require.Equal(t, m, back)
}

func TestReservedBitsArePassedOver(t *testing.T) {
	want := goldenMessage()
	for at, bits := range map[int]byte{
		39:  0x01,            // beside the payload type
		40:  0x07,            // below the B-frame flag
		41:  0x1f,            // below the channels
		103: 0xff, 118: 0xff, // the footer
		119: 0xfe, // beside push
		10:  0xff, // an address without its flag
	} {
		b := golden(t)
		b[at] |= bits
		var m Message
		require.NoError(t, m.Unmarshal(b), at)
		require.Equal(t, want, m, at)
	}
	var m Message
	require.NoError(t, m.Unmarshal(append(golden(t), 1, 2, 3)))
	require.Equal(t, want, m)

	want.Stream = StreamUnsaid
	require.NoError(t, m.Unmarshal(golden(t)[:119]))
	require.Equal(t, want, m)

	b := golden(t)
	b[28] |= 0xf0
	b[7] |= 0x18
	require.NoError(t, m.Unmarshal(b))
	require.Equal(t, [3]byte{byte(RolePassive), byte(SendRecv), byte(NoSDP)}, [3]byte{byte(m.Role), byte(m.Direction), byte(m.Kind)})

	// A codec, a rate and a header extension of later versions.
	b = golden(t)
	b[38], b[44] = 0x8d, 200
	require.NoError(t, m.Unmarshal(b))
	require.Equal(t, Codec{Kind: 8, PayloadType: 111, Channels: 2, NACK: true, TransportCC: true}, m.Media[0].Codecs[0])
	require.Equal(t, Extension{ID: 3, URI: 200}, m.Media[0].Extensions[0])
	out, err := m.Marshal()
	require.NoError(t, err)
	require.Equal(t, hex.EncodeToString(b[29:]), hex.EncodeToString(out[29:]))
}

func TestCutOff(t *testing.T) {
	whole := golden(t)
	for n := range 119 {
		var m Message
		require.ErrorIs(t, m.Unmarshal(whole[:n]), ErrMalformed, n)
	}
	stop, err := (&Stop{Seq: 1, ServerSignature: "abc"}).Marshal()
	require.NoError(t, err)
	for n := range stop {
		var s Stop
		require.ErrorIs(t, s.Unmarshal(stop[:n]), ErrMalformed, n)
	}
}

func TestStopBytes(t *testing.T) {
	s := Stop{Seq: 0x0203, ServerSignature: "sig"}
	b, err := s.Marshal()
	require.NoError(t, err)
	require.Equal(t, hex.EncodeToString(unhexed(t, "ff535450 00 0000 0203 0003 736967", zeros16)), hex.EncodeToString(b))
	var back Stop
	require.NoError(t, back.Unmarshal(append(b, 9)))
	require.Equal(t, s, back)
	require.NoError(t, back.Err())

	b[6] = 104
	require.NoError(t, back.Unmarshal(b))
	var status *StatusError
	require.ErrorAs(t, back.Err(), &status)
	require.Equal(t, StatusNotFound, status.Status)

	b[4] = 1
	require.ErrorIs(t, back.Unmarshal(b), ErrVersion)
	require.ErrorIs(t, back.Unmarshal(golden(t)), ErrMalformed)
	var m Message
	require.ErrorIs(t, m.Unmarshal(b), ErrMalformed)
	other := golden(t)
	other[4] = 1
	require.ErrorIs(t, m.Unmarshal(other), ErrVersion)
}

func TestSizeLimits(t *testing.T) {
	m := goldenMessage()
	m.URL += strings.Repeat("x", MaxSize-120)
	b, err := m.Marshal()
	require.NoError(t, err)
	require.Len(t, b, MaxSize)
	m.URL += "x"
	_, err = m.Marshal()
	require.ErrorIs(t, err, ErrTooLarge)
	require.ErrorContains(t, err, "1401 bytes, at most 1400")

	s := Stop{ServerSignature: strings.Repeat("x", MaxSize-27)}
	b, err = s.Marshal()
	require.NoError(t, err)
	require.Len(t, b, MaxSize)
	for _, n := range []int{MaxSize - 26, MaxSize + 1} {
		s.ServerSignature = strings.Repeat("x", n)
		_, err = s.Marshal()
		require.ErrorIs(t, err, ErrTooLarge)
	}

	codec := Codec{Kind: Opus, ClockRate: 48000}
	for name, tc := range map[string]struct {
		change func(*Message)
		want   error
	}{
		"codecs":     {func(m *Message) { m.Media[0].Codecs = make([]Codec, 64) }, ErrTooLarge},
		"extensions": {func(m *Message) { m.Media[0].Extensions = make([]Extension, 256) }, ErrTooLarge},
		"pwd":        {func(m *Message) { m.Pwd = strings.Repeat("x", 1<<16) }, ErrTooLarge},
		"config": {func(m *Message) {
			m.Media[0].Codecs[0] = Codec{Kind: ADTS, AAC: AACParameters{Config: strings.Repeat("4", 256)}}
		}, ErrTooLarge},
		"two audio":      {func(m *Message) { m.Media[1].Kind = Audio }, ErrUnsupported},
		"unknown medium": {func(m *Message) { m.Media[1].Kind = 3 }, ErrUnsupported},
		"role":           {func(m *Message) { m.Role = 3 }, ErrUnsupported},
		"direction":      {func(m *Message) { m.Direction = 3 }, ErrUnsupported},
		"kind":           {func(m *Message) { m.Kind = 3 }, ErrUnsupported},
		"rate":           {func(m *Message) { codec.ClockRate = 47999; m.Media[0].Codecs[0] = codec }, ErrUnsupported},
		"payload type":   {func(m *Message) { m.Media[0].Codecs[0].PayloadType = 128 }, ErrUnsupported},
		"channels":       {func(m *Message) { m.Media[0].Codecs[0].Channels = 4 }, ErrUnsupported},
		"codec":          {func(m *Message) { m.Media[0].Codecs[0].Kind = 16 }, ErrUnsupported},
	} {
		m := goldenMessage()
		tc.change(&m)
		_, err := m.Marshal()
		require.ErrorIs(t, err, tc.want, name)
	}
}

func TestTwoMediaOfOneKind(t *testing.T) {
	m := goldenMessage()
	m.Media = []Medium{{Kind: Audio}, {Kind: Video}}
	b, err := m.Marshal()
	require.NoError(t, err)
	var back Message
	require.NoError(t, back.Unmarshal(b))
	require.Len(t, back.Media, 2)

	m.Media[1].Kind = Audio
	_, err = m.Marshal()
	require.ErrorIs(t, err, ErrUnsupported)
	// The second medium's head is the only byte that tells its kind.
	at := bytes.Index(b, []byte{0, 0, 0, 0, 0, 0, 0, 0, byte(Video), 0})
	require.Positive(t, at)
	b[at+8] = byte(Audio)
	require.ErrorIs(t, back.Unmarshal(b), ErrMalformed)
}

func TestExchange(t *testing.T) {
	m := goldenMessage()
	e, err := NewExchange(&m)
	require.NoError(t, err)
	m.Seq++
	for range 2 {
		require.Equal(t, golden(t), e.Datagram())
	}

	answer := func(change func(*Message)) []byte {
		m := goldenMessage()
		m.Kind = Answer
		change(&m)
		b, err := m.Marshal()
		require.NoError(t, err)

		return b
	}
	got, err := e.Answer(answer(func(*Message) {}))
	require.NoError(t, err)
	require.Equal(t, Answer, got.Kind)
	_, err = e.Answer(answer(func(m *Message) { m.Seq++ }))
	require.ErrorIs(t, err, ErrForeign)
	_, err = e.Answer(e.Datagram())
	require.ErrorIs(t, err, ErrForeign)
	_, err = e.Answer([]byte{0xff})
	require.ErrorIs(t, err, ErrMalformed)
	for _, status := range []Status{StatusSDP, StatusParameter, StatusInfo, StatusAuth, StatusNotFound, 500} {
		_, err = e.Answer(answer(func(m *Message) { m.Kind, m.Media, m.Status = NoSDP, nil, status }))
		var refused *StatusError
		require.ErrorAs(t, err, &refused)
		require.Equal(t, status, refused.Status)
		require.ErrorContains(t, err, status.String())
	}

	stop := Stop{Seq: 3, ServerSignature: "sig"}
	e, err = NewStopExchange(&stop)
	require.NoError(t, err)
	require.NoError(t, e.Stopped(e.Datagram()))
	stop.Status = StatusAuth
	b, err := stop.Marshal()
	require.NoError(t, err)
	var refused *StatusError
	require.ErrorAs(t, e.Stopped(b), &refused)
	stop.Seq = 4
	b, err = stop.Marshal()
	require.NoError(t, err)
	require.ErrorIs(t, e.Stopped(b), ErrForeign)
	require.ErrorIs(t, e.Stopped(golden(t)), ErrMalformed)
}

// messages draws any message that can be written.
func messages() *rapid.Generator[Message] {
	text := rapid.StringN(0, 12, -1)
	codec := rapid.Custom(func(t *rapid.T) Codec {
		c := Codec{
			Kind: CodecKind(rapid.Uint8Range(0, 15).Draw(t, "codec")), PayloadType: rapid.Uint8Range(0, 127).Draw(t, "payload type"),
			ClockRate: rapid.SampledFrom(rates[:]).Draw(t, "rate"), Channels: rapid.Uint8Range(0, 3).Draw(t, "channels"),
			BFrames: rapid.Bool().Draw(t, "bframes"), NACK: rapid.Bool().Draw(t, "nack"), TransportCC: rapid.Bool().Draw(t, "tcc"),
			REMB: rapid.Bool().Draw(t, "remb"), RRTR: rapid.Bool().Draw(t, "rrtr"), FlexFEC: rapid.Bool().Draw(t, "fec"),
		}
		if c.Kind.aac() {
			c.AAC = AACParameters{
				Object: rapid.Byte().Draw(t, "object"), PS: rapid.Bool().Draw(t, "ps"), SBR: rapid.Bool().Draw(t, "sbr"),
				Stereo: rapid.Bool().Draw(t, "stereo"), CPresent: rapid.Bool().Draw(t, "cpresent"), Config: text.Draw(t, "config"),
			}
		}

		return c
	})
	extension := rapid.Custom(func(t *rapid.T) Extension {
		return Extension{ID: rapid.Byte().Draw(t, "id"), URI: rapid.Byte().Draw(t, "uri")}
	})

	return rapid.Custom(func(t *rapid.T) Message {
		m := Message{
			Kind: Kind(rapid.Uint8Range(0, 2).Draw(t, "kind")), Status: Status(rapid.Uint16().Draw(t, "status")),
			Seq: rapid.Uint16().Draw(t, "seq"), NotSeqAligned: rapid.Bool().Draw(t, "not aligned"), NotImmediate: rapid.Bool().Draw(t, "not at once"),
			NoAACConfig: rapid.Bool().Draw(t, "no config"), StringBundle: rapid.Bool().Draw(t, "bundle"), Encrypted: rapid.Bool().Draw(t, "encrypted"),
			Role: Role(rapid.Uint8Range(0, 2).Draw(t, "role")), Direction: Direction(rapid.Uint8Range(0, 2).Draw(t, "direction")),
			Ufrag: text.Draw(t, "ufrag"), Pwd: text.Draw(t, "pwd"), URL: text.Draw(t, "url"), Fingerprint: text.Draw(t, "fingerprint"),
			ServerSignature: text.Draw(t, "signature"), Stream: Stream(rapid.Uint8Range(0, 2).Draw(t, "stream")),
		}
		switch port := rapid.Uint16().Draw(t, "port"); rapid.IntRange(0, 2).Draw(t, "address") {
		case 1:
			m.Candidate = netip.AddrPortFrom(netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "ip"))), port)
		case 2:
			m.Candidate = netip.AddrPortFrom(netip.AddrFrom16([16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "ip"))).Unmap(), port)
		}
		for _, kind := range rapid.SliceOfNDistinct(rapid.SampledFrom([]MediaKind{Audio, Video, Data}), 0, 3, rapid.ID[MediaKind]).Draw(t, "media") {
			medium := Medium{Kind: kind, SSRC: rapid.Uint32().Draw(t, "ssrc"), FECSSRC: rapid.Uint32().Draw(t, "fec ssrc")}
			for _, c := range rapid.SliceOfN(codec, 0, 4).Draw(t, "codecs") {
				if m.NoAACConfig {
					c.AAC = AACParameters{}
				}
				medium.Codecs = append(medium.Codecs, c)
			}
			medium.Extensions = append(medium.Extensions, rapid.SliceOfN(extension, 0, 4).Draw(t, "extensions")...)
			m.Media = append(m.Media, medium)
		}

		return m
	})
}

func TestMessageRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := messages().Draw(t, "message")
		b, err := m.Marshal()
		require.NoError(t, err)
		var back Message
		require.NoError(t, back.Unmarshal(b))
		require.Equal(t, m, back)
	})
}

func FuzzMessage(f *testing.F) {
	f.Add(golden(f))
	f.Add(golden(f)[:119])
	f.Add(unhexed(f, "ff534450 00 0064 00 0000", zeros16, "0102 80 0000 0000 00000000 0000 0000", zeros16))
	f.Add(unhexed(f, "ff534450 00 0000 75 1f40 c0000201", zeros16[8:], "0007 55",
		"00000000 00000000 04 14ea00a0 1d 02 0f00 3430 00",
		"0000 0000 00000000 000a 7368612d323536204141 0001 73", zeros16))
	f.Add(unhexed(f, "ff534450 00 0000 00 0000", zeros16, "0102 0e ffffffffffffffff ff"))
	f.Add(unhexed(f, "ff535450 00 0000 0203 0003 736967", zeros16))
	f.Fuzz(func(t *testing.T, b []byte) {
		var m, back Message
		if err := m.Unmarshal(b); err == nil {
			if out, err := m.Marshal(); err == nil {
				require.NoError(t, back.Unmarshal(out))
				require.Equal(t, m, back)
			}
			checkConversions(t, &m)
		}
		var s, stopped Stop
		if err := s.Unmarshal(b); err == nil {
			if out, err := s.Marshal(); err == nil {
				require.NoError(t, stopped.Unmarshal(out))
				require.Equal(t, s, stopped)
			}
		}
	})
}
