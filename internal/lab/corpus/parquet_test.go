// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package corpus

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/lab/session"
)

// filled returns a summary with another value in each field.
func filled(n int) session.Summary {
	var s session.Summary
	fill(reflect.ValueOf(&s).Elem(), &n)

	return s
}

func fill(v reflect.Value, n *int) {
	*n++
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.UnixMilli(int64(*n)).UTC()))
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		v.Index(0).SetString("one")
		v.Index(1).SetString(fmt.Sprint(*n))
	case v.Kind() == reflect.String:
		v.SetString(fmt.Sprint("text ", *n))
	case v.Kind() == reflect.Bool:
		v.SetBool(*n%2 == 0)
	case v.CanFloat():
		v.SetFloat(float64(*n) / 7)
	case v.CanInt():
		v.SetInt(int64(*n))
	}
}

// flat returns the fields of a summary by the names of their columns.
func flat(s *session.Summary) map[string]any {
	into := map[string]any{}
	for _, c := range parquetColumns(reflect.TypeFor[session.Summary](), "", nil) {
		into[c.name] = c.value(reflect.ValueOf(s).Elem()).Interface()
		if at, ok := into[c.name].(time.Time); ok {
			into[c.name] = at.UnixMilli()
			if at.IsZero() {
				into[c.name] = nil
			}
		}
		if p := reflect.ValueOf(into[c.name]); p.IsValid() && p.Kind() == reflect.Pointer {
			into[c.name] = nil
			if !p.IsNil() {
				into[c.name] = p.Elem().Interface()
			}
		}
	}

	return into
}

func readParquet(t *testing.T, data []byte) (*parquet.File, []map[string]any) {
	t.Helper()
	f, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	require.NoError(t, err)
	var all []map[string]any
	for _, group := range f.RowGroups() {
		reader := group.Rows()
		buffer := make([]parquet.Row, 64)
		for {
			n, err := reader.ReadRows(buffer)
			for _, row := range buffer[:n] {
				m := map[string]any{}
				for _, v := range row {
					m[f.Schema().Columns()[v.Column()][0]] = valueOf(v)
				}
				all = append(all, m)
			}
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err)
		}
		require.NoError(t, reader.Close())
	}

	return f, all
}

func valueOf(v parquet.Value) any {
	switch {
	case v.IsNull():
		return nil
	case v.Kind() == parquet.Boolean:
		return v.Boolean()
	case v.Kind() == parquet.Int64:
		return v.Int64()
	case v.Kind() == parquet.Double:
		return v.Double()
	default:
		return string(v.ByteArray())
	}
}

func TestParquetReadsBack(t *testing.T) {
	rows := []session.Summary{filled(0), {}, filled(1), {Name: "ein Name, \"so\"\n", Duration: math.MaxFloat64}}
	var out bytes.Buffer
	w := NewParquet(&out)
	for i := range rows {
		require.NoError(t, w.Add(&rows[i]))
	}
	require.NoError(t, w.Close())
	f, got := readParquet(t, out.Bytes())
	require.Len(t, got, len(rows))
	for i := range rows {
		require.Equal(t, flat(&rows[i]), got[i])
	}
	require.Len(t, f.Schema().Columns(), len(got[0]), "columns are flat")
}

// What is absent in JSON is null in the table, and nothing else is.
func TestParquetTellsUnknownFromZero(t *testing.T) {
	rows := []session.Summary{
		{Name: "nothing"},
		{Duration: 20, Metrics: session.Metrics{Loss: new(0.0), RTT: new(50.0), Sent: new(bwe.Bitrate(0))}, Estimate: session.EstimateSwing{Oscillates: true, Period: 4}},
	}
	var out bytes.Buffer
	w := NewParquet(&out)
	for i := range rows {
		require.NoError(t, w.Add(&rows[i]))
	}
	require.NoError(t, w.Close())
	_, got := readParquet(t, out.Bytes())
	for name, want := range map[string][2]any{
		"duration_s": {nil, 20.0}, "metrics_loss": {nil, 0.0}, "metrics_rtt_ms": {nil, 50.0}, "metrics_sent_bps": {nil, int64(0)},
		"metrics_freezes_per_min": {nil, nil}, "metrics_frame_drops_per_min": {nil, nil}, "metrics_utilisation": {nil, nil},
		"estimate_period_s": {nil, 4.0}, "target_period_s": {nil, nil}, "capped_ceiling_bps": {nil, nil},
		"damage_records": {int64(0), int64(0)}, "ignored": {int64(0), int64(0)}, "path_feedback_reasons": {"", ""}, "error": {"", ""},
	} {
		require.Equal(t, want[0], got[0][name], name)
		require.Equal(t, want[1], got[1][name], name)
	}
}

// Every figure that is in the JSON of a session has a column, named by its path.
func TestParquetHasEveryFigure(t *testing.T) {
	for _, even := range []int{0, 1} {
		s := filled(even)
		text, err := json.Marshal(s)
		require.NoError(t, err)
		var tree map[string]any
		require.NoError(t, json.Unmarshal(text, &tree))
		columns := flat(&s)
		walkTree(tree, "", func(name string, v any) {
			require.Contains(t, columns, name)
			if number, ok := v.(float64); ok {
				require.InDelta(t, number, columns[name], 1e-9, name)
			}
		})
	}
}

func walkTree(tree map[string]any, prefix string, leaf func(name string, v any)) {
	for name, v := range tree {
		if below, ok := v.(map[string]any); ok {
			walkTree(below, prefix+name+"_", leaf)
		} else {
			leaf(prefix+name, v)
		}
	}
}

func TestParquetWritesRowGroupsAsItGoes(t *testing.T) {
	var out bytes.Buffer
	w := NewParquet(&out)
	for i := range rowGroup + 1 {
		s := filled(i)
		require.NoError(t, w.Add(&s))
	}
	require.Greater(t, out.Len(), 1000, "the first group is written before the end")
	require.NoError(t, w.Close())
	f, err := parquet.OpenFile(bytes.NewReader(out.Bytes()), int64(out.Len()))
	require.NoError(t, err)
	require.Len(t, f.RowGroups(), 2)
	require.EqualValues(t, rowGroup+1, f.NumRows())
}

func TestDocumentationNamesEveryColumn(t *testing.T) {
	page, err := os.ReadFile("../../../docs/analyze.md")
	require.NoError(t, err)
	for _, c := range parquetColumns(reflect.TypeFor[session.Summary](), "", nil) {
		require.True(t, bytes.Contains(page, []byte("`"+c.name+"`")), "docs/analyze.md has no column %s", c.name)
	}
}
