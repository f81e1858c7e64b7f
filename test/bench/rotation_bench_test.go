// SPDX-License-Identifier: Apache-2.0

package bench_test

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkRotation lets the operator rotate on demand, and measures that against the three calls and four writes that
// a rotation cannot do without. Both take turns in one run, with as many rotations at once.
//
// In the case "slots" every object finds a slot of its server free, so it shows what the operator adds to a rotation. In
// the case "queue" there are more objects than slots, so it shows what waiting for a slot adds.
func BenchmarkRotation(b *testing.B) {
	const servers, most = 4, 15
	f := newWorld(b).newFleet(b, servers, most)
	o := f.startOperator(b)
	f.await(b, f.all(most), published)
	for _, c := range []struct {
		name         string
		each, rounds int
	}{{"slots", slots, 5}, {"queue", most, 2}} {
		b.Run(fmt.Sprintf("%s/servers=%d/objects=%d", c.name, servers, servers*c.each), func(b *testing.B) {
			m := f.newMeasurement(b, o, c.each)
			for b.Loop() {
				for range c.rounds {
					m.round(b)
				}
			}
			m.report(b)
		})
	}
}

// measurement sums up rounds of both sides.
type measurement struct {
	fleet    *fleet
	operator *operator
	floor    *floor
	each     int

	rotations     int
	operatorTook  time.Duration
	floorTook     time.Duration
	calls         int
	writes, reads int
	events, looks int
}

// requested numbers the requests of rotations of a run, because the operator handles a value once.
var requested int

func (f *fleet) newMeasurement(b *testing.B, o *operator, each int) *measurement {
	b.Helper()
	return &measurement{fleet: f, operator: o, floor: f.newFloor(b, each), each: each}
}

// round rotates all objects once on either side.
func (m *measurement) round(b *testing.B) {
	b.Helper()
	objects := m.fleet.all(m.each)
	requested++
	calls, before := m.fleet.calls(), m.count()
	m.operatorTook += m.fleet.rotate(b, objects, fmt.Sprint("bench-", requested))
	after := m.count()
	m.calls += m.fleet.calls() - calls
	m.writes += after.writes - before.writes
	m.reads += after.reads - before.reads
	m.events += after.events - before.events
	m.looks += after.looks - before.looks
	m.rotations += len(objects)
	m.floorTook += m.floor.rotate(b)
}

type counts struct{ writes, reads, events, looks int }

func (m *measurement) count() counts {
	r := &m.operator.requests
	return counts{
		writes: r.total(writes), reads: r.total(reads), events: r.total(events),
		looks: m.operator.looks.total(rotationController),
	}
}

func (m *measurement) report(b *testing.B) {
	b.Helper()
	n := float64(m.rotations)
	// The time of an operation would mix both sides.
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(n/m.operatorTook.Seconds(), "rotations/s")
	b.ReportMetric(n/m.floorTook.Seconds(), "floor-rotations/s")
	b.ReportMetric(m.operatorTook.Seconds()/m.floorTook.Seconds(), "x-floor")
	b.ReportMetric(float64(m.writes)/n, "writes/rotation")
	b.ReportMetric(float64(m.reads)/n, "reads/rotation")
	b.ReportMetric(float64(m.events)/n, "events/rotation")
	b.ReportMetric(float64(m.calls)/n, "calls/rotation")
	b.ReportMetric(float64(m.looks)/n, "looks/rotation")
}
