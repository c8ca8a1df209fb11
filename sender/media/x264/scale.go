// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package x264

import "github.com/rtmcc/rtmcc/sender/media"

// scaler makes pictures in I420 smaller: each sample becomes the mean of the area that
// it covers. It is not safe for concurrent use.
type scaler struct {
	from, to media.Format
	// luma and chroma are the weights, horizontal and vertical.
	luma, chroma [2][]span
	row          []uint32
	out          []byte
}

// span is the run of samples that one smaller sample is the mean of.
type span struct {
	first   int
	weights []uint32 // of weightOne together
}

// The sums of 8-bit samples weighted in both directions stay within 32 bits.
const (
	weightBits = 12
	weightOne  = 1 << weightBits
	rowShift   = 4
	outShift   = 2*weightBits - rowShift
)

// newScaler returns nil where nothing is to be done.
func newScaler(from, to media.Format) *scaler {
	if from.Width == to.Width && from.Height == to.Height {
		return nil
	}

	return &scaler{
		from: from, to: to,
		luma:   [2][]span{spans(from.Width, to.Width), spans(from.Height, to.Height)},
		chroma: [2][]span{spans(from.Width/2, to.Width/2), spans(from.Height/2, to.Height/2)},
		row:    make([]uint32, from.Width),
		out:    make([]byte, to.I420Size()),
	}
}

// spans cuts from samples into to runs of equal length.
func spans(from, to int) []span {
	out := make([]span, to)
	for i := range out {
		// In units of 1/to of a sample.
		begin, end := i*from, (i+1)*from
		s := span{first: begin / to}
		weighted := uint32(0)
		for at := begin; at < end; {
			at = min((at/to+1)*to, end)
			// Rounded as a whole, so that no error adds up.
			upTo := uint32((at - begin) * weightOne / from)
			s.weights = append(s.weights, upTo-weighted)
			weighted = upTo
		}
		out[i] = s
	}

	return out
}

// scale returns the smaller picture, which is valid until the next call.
func (s *scaler) scale(picture []byte) []byte {
	lumaFrom, lumaTo := s.from.Width*s.from.Height, s.to.Width*s.to.Height
	s.plane(s.out[:lumaTo], picture[:lumaFrom], s.from.Width, s.to.Width, s.luma)
	chromaFrom, chromaTo := lumaFrom/4, lumaTo/4
	for i := range 2 {
		s.plane(s.out[lumaTo+i*chromaTo:][:chromaTo], picture[lumaFrom+i*chromaFrom:][:chromaFrom],
			s.from.Width/2, s.to.Width/2, s.chroma)
	}

	return s.out
}

func (s *scaler) plane(to, from []byte, fromWidth, toWidth int, weights [2][]span) {
	row := s.row[:fromWidth]
	for y, vertical := range weights[1] {
		for i, w := range vertical.weights {
			line := from[(vertical.first+i)*fromWidth:][:len(row)]
			if i == 0 {
				for x, sample := range line {
					row[x] = uint32(sample) * w
				}

				continue
			}
			for x, sample := range line {
				row[x] += uint32(sample) * w
			}
		}
		line := to[y*toWidth:][:toWidth]
		horizontal := weights[0][:len(line)]
		for x := range line {
			h := &horizontal[x]
			samples := row[h.first:][:len(h.weights)]
			sum := uint32(1 << (outShift - 1))
			for i, w := range h.weights {
				sum += samples[i] >> rowShift * w
			}
			line[x] = byte(sum >> outShift)
		}
	}
}

// fit returns the format that is encoded for a wish: within the wish and the source,
// in the source's shape, with even sides.
func fit(source, wish media.Format) media.Format {
	f := source
	if wish.FrameRate > 0 {
		f.FrameRate = min(wish.FrameRate, source.FrameRate)
	}
	ratio := 1.0
	if wish.Width > 0 {
		ratio = min(ratio, float64(wish.Width)/float64(source.Width))
	}
	if wish.Height > 0 {
		ratio = min(ratio, float64(wish.Height)/float64(source.Height))
	}
	if ratio < 1 {
		f.Width, f.Height = even(float64(source.Width)*ratio), even(float64(source.Height)*ratio)
	}

	return f
}

// even rounds to the nearest even number that can be encoded.
func even(side float64) int { return max(int(side/2+0.5)*2, 16) }
