// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/rtmcc/rtmcc/ratecontrol"
	"github.com/rtmcc/rtmcc/sender/media"
)

// track is one track of the source that is pushed.
type track struct {
	// source is how the source describes it, codec its coding there.
	source     media.Track
	codec      media.Codec
	kind       ratecontrol.MediaKind
	packetizer *packetizer
	// index is the place among the pushed tracks, from that among the source's.
	index, from int
	// formats are offered; the first answer settles on those of one codec.
	formats []format

	// Of the feed: the connection that the last access unit met, whether nothing can be
	// decoded there before a key frame, and which B-frames leave the stream.
	conn     *connection
	waitKey  bool
	stripper bFrameStripper
	// rendition is that of the last access unit.
	rendition string
}

func (t *track) rtpKind() webrtc.RTPCodecType {
	if t.kind == ratecontrol.Video {
		return webrtc.RTPCodecTypeVideo
	}

	return webrtc.RTPCodecTypeAudio
}

// settle keeps the formats that do not differ from f in what the source has to be
// converted to: the feed of the source is set up once for all connections.
func (t *track) settle(f *format) {
	if f == nil {
		return
	}
	codec := f.codec
	t.formats = slices.DeleteFunc(slices.Clone(t.formats), func(other format) bool { return other.codec != codec })
}

// converted tells whether the source's audio has to be converted for the server.
func (t *track) converted() bool { return t.formats[0].codec != t.codec }

// selectTracks takes the first video track and the first audio track that WebRTC
// peers know, and says which it leaves out.
func (p *push) selectTracks() error {
	var taken [2]bool
	tracks := p.source.Tracks()
	p.bySource = make([]*track, len(tracks))
	for _, kind := range []ratecontrol.MediaKind{ratecontrol.Video, ratecontrol.Audio} {
		for i, t := range tracks {
			if t.Codec.Video() != (kind == ratecontrol.Video) {
				continue
			}
			switch formats, err := p.o.formats(t); {
			case taken[kind]:
				p.warn(fmt.Sprintf("the source has more than one %s track; track %d (%s) is left out", kind, i, t.Codec))
			case err != nil:
				p.warn(fmt.Sprintf("track %d is left out: %v", i, err))
			default:
				taken[kind] = true
				p.bySource[i] = &track{
					source: t, codec: t.Codec, kind: kind, formats: formats, packetizer: newPacketizer(), index: len(p.tracks), from: i,
				}
				p.tracks = append(p.tracks, p.bySource[i])
			}
		}
	}
	if len(p.tracks) == 0 {
		return fmt.Errorf("%w: the source has no track that can be pushed (H264, H265, VP8, VP9, AV1, Opus, AAC)", media.ErrUnsupported)
	}

	return nil
}

// convert has the source's audio converted where the first answer asks for it.
func (p *push) convert(ctx context.Context) error {
	for _, t := range p.tracks {
		if !t.converted() {
			continue
		}
		p.log.Infof("the server takes no %s: the audio is converted to %s", t.codec, t.formats[0].codec)
		source, err := p.o.ConvertAudio(ctx, p.source, t.from)
		if err != nil {
			return fmt.Errorf("converting the audio: %w", err)
		}
		p.source = source
	}

	return nil
}

// lateness is how far the feed may fall behind real time before a Duration ends it
// all the same.
const lateness = 2 * time.Second

// feed sends the source in real time until it ends, its Duration is reached or ctx
// ends; all these are no error.
func (p *push) feed(ctx context.Context) error {
	if p.o.Duration > 0 {
		limited, cancel := context.WithTimeout(ctx, p.o.Duration+lateness)
		defer cancel()
		ctx = limited
	}
	player := media.NewPlayer(p.source, media.WithPlayerWarnings(func(err error) { p.warn(err.Error()) }))
	for {
		au, err := player.Next(ctx)
		switch {
		case errors.Is(err, io.EOF), ctx.Err() != nil:
			return nil
		case err != nil:
			return fmt.Errorf("reading the source: %w", err)
		case p.o.Duration > 0 && au.DTS >= p.o.Duration:
			return nil
		}
		p.offer(&au, player.Presentation(&au))
	}
}

// offer sends one access unit, or drops and counts it.
func (p *push) offer(au *media.AccessUnit, presented time.Time) {
	t := p.bySource[au.Track]
	if t == nil {
		return
	}
	conn := p.live.Load()
	if conn != t.conn {
		t.conn, t.waitKey = conn, t.kind == ratecontrol.Video
		p.adopt(conn, t)
		if t.waitKey && conn != nil && !au.Key {
			p.demands.keyFrame()
		}
		p.dumpStream(conn, t)
	}
	if au.Rendition != t.rendition {
		t.rendition = au.Rendition
		p.rendition(au.Rendition)
	}
	if conn != nil && conn.locals[t.index] == nil {
		return
	}
	dumped := p.dumpFrame(conn, t, au)
	reason := p.send(conn, t, au, presented)
	dumped(reason)
	if reason != ratecontrol.KeepFrame {
		p.dropped(t.kind, reason, au.Size())

		return
	}
	p.sent(t.kind)
}

// adopt makes a track's packets those that the answer of a connection asks for.
func (p *push) adopt(conn *connection, t *track) {
	if conn == nil || conn.locals[t.index] == nil {
		return
	}
	v := &conn.verdicts[t.index]
	if err := t.packetizer.use(v.format, v.extensions.room()); err != nil {
		p.warn(err.Error())
	}
}

func (p *push) send(conn *connection, t *track, au *media.AccessUnit, presented time.Time) ratecontrol.DropReason {
	switch {
	case conn == nil:
		return DropOutage
	case t.waitKey && !au.Key:
		return DropWaitKey
	}
	if t.kind == ratecontrol.Video && conn.stripBFrames {
		remove, left := t.stripper.strip(au)
		if left {
			p.warnOnce(warnBFramesLeft)
		}
		if remove {
			return DropBFrame
		}
	}
	verdict := conn.sender.OfferFrame(t.kind, au.Size(), au.Key, au.Disposable)
	if verdict.Drop != ratecontrol.KeepFrame && t.kind == ratecontrol.Video {
		return verdict.Drop
	}
	t.waitKey = false
	conn.sender.Presented(conn.ssrcs[t.index], t.packetizer.timestamp(au.PTS), presented)
	if t.kind == ratecontrol.Video {
		conn.sender.DescribeFrame(conn.ssrcs[t.index], t.packetizer.timestamp(au.PTS), classOf(au))
	}
	stamper := conn.stampers[t.index]
	stamper.begin(au, frameTimes{due: presented.Add(au.DTS - au.PTS), presented: presented}, time.Now())
	if err := t.packetizer.packets(au, stamper, conn.locals[t.index].WriteRTP); err != nil {
		p.log.Debugf("%s frame at %v: %v", t.kind, au.PTS, err)
		// Frames that refer to this one are of no use.
		if t.kind == ratecontrol.Video && !au.Disposable && !errors.Is(err, errNoPackets) {
			t.waitKey = true
			p.demands.keyFrame()
		}

		return DropUnsent
	}

	return ratecontrol.KeepFrame
}

// classOf says what an access unit is worth.
func classOf(au *media.AccessUnit) ratecontrol.FrameClass {
	switch {
	case au.Key:
		return ratecontrol.FrameKey
	case au.Disposable:
		return ratecontrol.FrameDisposable
	default:
		return ratecontrol.FrameReference
	}
}
