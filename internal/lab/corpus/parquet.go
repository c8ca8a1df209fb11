// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package corpus

import (
	"io"
	"reflect"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/rtmcc/rtmcc/internal/lab/session"
)

// rowGroup bounds the rows that are held in memory until they are written.
const rowGroup = 10_000

// Parquet writes sessions as the rows of a Parquet file. Its columns are flat: each is
// named by the path of a field of [session.Summary] in JSON, with _ between its parts, such
// as estimate_period_s. It is not safe for concurrent use.
type Parquet struct {
	writer  *parquet.GenericWriter[any]
	columns []parquetColumn
	row     reflect.Value
}

// parquetColumn is a field of a summary. Where its type is a pointer, it is null for what
// is unknown.
type parquetColumn struct {
	name  string
	index []int
	kind  reflect.Type
}

// NewParquet returns a writer of a Parquet file, compressed by Zstandard. It must be
// closed for the file to be whole.
func NewParquet(out io.Writer) *Parquet {
	p := &Parquet{columns: parquetColumns(reflect.TypeFor[session.Summary](), "", nil)}
	fields := make([]reflect.StructField, len(p.columns))
	for i, c := range p.columns {
		fields[i] = c.field()
	}
	p.row = reflect.New(reflect.StructOf(fields)).Elem()
	schema := parquet.SchemaOf(p.row.Addr().Interface())
	p.writer = parquet.NewGenericWriter[any](out, schema, parquet.Compression(&parquet.Zstd), parquet.MaxRowsPerRowGroup(rowGroup))

	return p
}

// Add writes a row.
func (p *Parquet) Add(s *session.Summary) error {
	from := reflect.ValueOf(s).Elem()
	for i, c := range p.columns {
		p.row.Field(i).Set(c.value(from))
	}

	_, err := p.writer.Write([]any{p.row.Addr().Interface()})

	return err
}

// Close writes what is pending and the end of the file.
func (p *Parquet) Close() error { return p.writer.Close() }

// parquetColumns returns the fields of a struct, and those of the structs in it.
func parquetColumns(of reflect.Type, prefix string, index []int) []parquetColumn {
	var all []parquetColumn
	for i := range of.NumField() {
		f := of.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		at := append(append([]int{}, index...), i)
		if kind, ok := parquetKind(f.Type, options == "omitzero"); ok {
			all = append(all, parquetColumn{name: prefix + name, index: at, kind: kind})
		} else if f.Type.Kind() == reflect.Struct {
			all = append(all, parquetColumns(f.Type, prefix+name+"_", at)...)
		}
	}

	return all
}

// value returns what a row has of a summary.
func (c *parquetColumn) value(of reflect.Value) reflect.Value {
	v := of.FieldByIndex(c.index)
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		return reflect.ValueOf(v.Interface().(time.Time).UTC())
	case v.Kind() == reflect.Slice:
		words := make([]string, v.Len())
		for i := range words {
			words[i] = v.Index(i).String()
		}

		return reflect.ValueOf(strings.Join(words, ","))
	case c.kind.Kind() != reflect.Pointer:
		return v.Convert(c.kind)
	case v.IsZero():
		return reflect.Zero(c.kind)
	case v.Kind() == reflect.Pointer:
		v = v.Elem()
	}
	known := reflect.New(c.kind.Elem())
	known.Elem().Set(v.Convert(c.kind.Elem()))

	return known
}

// parquetKind returns the type that stands for a field's in a row. A pointer, and with
// zero a number that is never zero where it is known, stand for what may be unknown.
func parquetKind(of reflect.Type, zero bool) (reflect.Type, bool) {
	if of.Kind() == reflect.Pointer {
		kind, ok := parquetKind(of.Elem(), false)

		return optional(kind, ok), ok
	}
	switch {
	case of == reflect.TypeFor[time.Time]():
		return of, true
	case of.Kind() == reflect.String, of.Kind() == reflect.Slice && of.Elem().Kind() == reflect.String:
		return reflect.TypeFor[string](), true
	case of.Kind() == reflect.Bool:
		return reflect.TypeFor[bool](), true
	case of.Kind() >= reflect.Int && of.Kind() <= reflect.Int64:
		return optional(reflect.TypeFor[int64](), zero), true
	case of.Kind() == reflect.Float64:
		return optional(reflect.TypeFor[float64](), zero), true
	default:
		return nil, false
	}
}

func optional(kind reflect.Type, is bool) reflect.Type {
	if is {
		return reflect.PointerTo(kind)
	}

	return kind
}

func (c *parquetColumn) field() reflect.StructField {
	tag := c.name
	switch c.kind {
	case reflect.TypeFor[time.Time]():
		tag += ",optional,timestamp(millisecond)"
	case reflect.TypeFor[string]():
		tag += ",dict"
	}

	return reflect.StructField{
		Name: "C" + c.name, Type: c.kind, Tag: reflect.StructTag(`parquet:"` + tag + `"`),
	}
}
