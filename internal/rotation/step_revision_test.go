// SPDX-License-Identifier: Apache-2.0

package rotation

import (
	"testing"
	"time"
)

func TestNextBeginsTheFirstRevision(t *testing.T) {
	t.Parallel()
	empty := func(first int64, request string, schedule Schedule) State {
		return State{Journal: &Journal{}, Now: noon, FirstRevision: first, Request: request, Schedule: schedule}
	}
	closed := fixed{due: noon.Add(time.Hour), opens: noon.Add(time.Hour)}
	checkSteps(t, []stepCase{
		{"as number 1", empty(0, "", nil), Step{Kind: StepIntend, Revision: 1, Trigger: TriggerInitial}},
		{
			"after the last number of a lost journal", empty(8, "", nil),
			Step{Kind: StepIntend, Revision: 8, Trigger: TriggerInitial},
		},
		{
			"with the request that is there already", empty(1, "now", nil),
			Step{Kind: StepIntend, Revision: 1, Trigger: TriggerInitial, Request: "now"},
		},
		{
			"outside of windows, because there is no credential to keep meanwhile", empty(1, "", closed),
			Step{Kind: StepIntend, Revision: 1, Trigger: TriggerInitial},
		},
	})
}

func TestNextBeginsTheFollowingRevision(t *testing.T) {
	t.Parallel()
	hour := time.Hour
	request := func(s *State) { s.Request = "new" }
	with := func(due, opens time.Time) func(*State) {
		return func(s *State) { s.Schedule = fixed{due: due, opens: opens} }
	}
	intend := func(why Trigger, request string) Step {
		return Step{Kind: StepIntend, Revision: 2, Trigger: why, Request: request}
	}
	checkSteps(t, []stepCase{
		{"on request", atRest(request), intend(TriggerRequest, "new")},
		{"not for a request that was handled", atRest(), Step{Kind: StepRest, Why: RestIdle}},
		{
			"not for a request that was taken back", atRest(func(s *State) { s.Request = "" }),
			Step{Kind: StepRest, Why: RestIdle},
		},
		{"when it is due", atRest(with(noon, noon)), intend(TriggerSchedule, "old")},
		{
			"when it is due, which handles a request, too", atRest(request, with(noon, noon)),
			intend(TriggerSchedule, "new"),
		},
		{
			"not before it is due", atRest(with(noon.Add(hour), noon)),
			Step{Kind: StepRest, Why: RestIdle, Until: noon.Add(hour)},
		},
		{"on request before it is due", atRest(request, with(noon.Add(hour), noon)), intend(TriggerRequest, "new")},
		{
			"on request in the next window", atRest(request, with(noon.Add(2*hour), noon.Add(hour))),
			Step{Kind: StepRest, Why: RestWindow, Until: noon.Add(hour)},
		},
		{
			"in the next window if it missed one", atRest(with(noon.Add(-hour), noon.Add(hour))),
			Step{Kind: StepRest, Why: RestIdle, Until: noon.Add(hour)},
		},
		{"never by a schedule that has windows only", atRest(with(time.Time{}, noon)), Step{Kind: StepRest, Why: RestIdle}},
		{"on request in a window", atRest(request, with(time.Time{}, noon)), intend(TriggerRequest, "new")},
		{
			"on request not outside of a window", atRest(request, with(time.Time{}, noon.Add(hour))),
			Step{Kind: StepRest, Why: RestWindow, Until: noon.Add(hour)},
		},
	})
}

// A request is handled by the revision that it began and by no other, also if it came while one was under way.
func TestRequestIsHandledExactlyOnce(t *testing.T) {
	t.Parallel()
	s := underWay(func(s *State) { s.Request = "new" })
	finish := func() {
		s.Journal.Stage(Replacing, Credential{Value: Value{"accesshash": "v"}}, noon, false)
		s.Published, s.Intact, s.Proven = s.Journal.Newest().Revision, true, s.Journal.Newest().Revision
	}
	finish()
	step := Next(s)
	if want := (Step{Kind: StepIntend, Revision: 3, Trigger: TriggerRequest, Request: "new"}); step != want {
		t.Fatalf("Next() after the unfinished revision = %+v, want %+v", step, want)
	}
	s.Journal.Intend(Replacing, step, Plan{ID: "root"}, noon)
	finish()
	if step := Next(s); step != (Step{Kind: StepRest, Why: RestIdle}) {
		t.Errorf("Next() after the requested revision = %+v, want a rest", step)
	}
}
