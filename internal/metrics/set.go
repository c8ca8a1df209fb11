// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package metrics

import (
	"fmt"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

//go:generate go test -run TestDocumentation -update

// definition is what docs/metrics.md says of one metric.
type definition struct {
	name, kind, label string
	values            []string
	help              string
}

// unit derives the unit from the name, as Prometheus' naming rules put it there.
func (d definition) unit() string {
	base := strings.TrimSuffix(d.name, "_total")
	for suffix, unit := range map[string]string{
		"_bits_per_second": "bit/s", "_seconds": "s", "_bytes": "bytes", "_ratio": "1", "bytes_sent": "bytes",
	} {
		if strings.HasSuffix(base, suffix) {
			return unit
		}
	}
	if d.kind == "gauge" {
		return "1"
	}

	return "count"
}

// row returns the metric's row in the table of docs/metrics.md.
func (d definition) row() string {
	labels := "–"
	if d.label != "" {
		labels = fmt.Sprintf("`%s`: %s", d.label, strings.Join(d.values, ", "))
	}

	return fmt.Sprintf("| `%s` | %s | %s | %s | %s |", d.name, d.kind, d.unit(), labels, d.help)
}

// set registers metrics and remembers their definitions.
type set struct {
	registry    *prometheus.Registry
	definitions []definition
}

func (s *set) gauge(name, help string) prometheus.Gauge {
	return s.gauges(name, help, "", []string{""})[0]
}

func (s *set) counter(name, help string) prometheus.Counter {
	return s.counters(name, help, "", []string{""})[0]
}

// gauges returns one gauge for every value of the label.
func (s *set) gauges(name, help, label string, values []string) []prometheus.Gauge {
	vec := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labelNames(label))
	s.register(vec, definition{name, "gauge", label, values, help})

	return resolve(values, label, vec.WithLabelValues)
}

// counters returns one counter for every value of the label.
func (s *set) counters(name, help, label string, values []string) []prometheus.Counter {
	vec := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labelNames(label))
	s.register(vec, definition{name, "counter", label, values, help})

	return resolve(values, label, vec.WithLabelValues)
}

func (s *set) register(c prometheus.Collector, d definition) {
	s.registry.MustRegister(c)
	s.definitions = append(s.definitions, d)
}

func labelNames(label string) []string {
	if label == "" {
		return nil
	}

	return []string{label}
}

// resolve looks every value up once, so that an event costs no look-up.
func resolve[M any](values []string, label string, with func(...string) M) []M {
	if label == "" {
		return []M{with()}
	}
	out := make([]M, len(values))
	for i, v := range values {
		out[i] = with(v)
	}

	return out
}

func names[T fmt.Stringer](values []T) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = v.String()
	}

	return out
}

func texts[T ~string](values []T) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}

	return out
}
