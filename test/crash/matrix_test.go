// SPDX-License-Identifier: Apache-2.0

package crash_test

import (
	"context"
	"fmt"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"

	"github.com/whm-credentials/operator/test/crash"
)

// scenarios are those in which the manager is killed at any mutating request.
var scenarios = []crash.Scenario{
	crash.ForeignFirst, crash.ForeignForced, crash.SelfToken, crash.SelfSession,
	crash.TokenFirst, crash.TokenForced, crash.TokenOld, crash.TokenChanged, crash.TokenDeleted,
	crash.ResellerForced, crash.ResellerDeleted,
	crash.AccountForced, crash.AccountOld, crash.AccountChanged, crash.AccountDeleted,
	crash.TokenSelf, crash.TokenSelfFirst, crash.TokenSelfDeleted,
	crash.MailboxFirst, crash.MailboxForced, crash.DatabaseForced, crash.MailboxDeleted, crash.AccountPass,
	crash.PasswordSelf, crash.PasswordSelfOld, crash.PasswordSelfSession,
	crash.TwoFactorSelf, crash.TwoFactorFirst,
	crash.SessionFirst, crash.SessionForced, crash.WebmailForced, crash.DatabaseLent, crash.SessionDeleted,
	crash.StoreFirst, crash.StoreForced, crash.StoreDeleted,
}

// recoveries are the points at which the manager is killed again at any mutating request of what it does then.
var recoveries = []crashed{
	killed(crash.ForeignFirst, hashIssued),
	killed(crash.SelfToken, hashIssued),
	killed(crash.SelfSession, hashIssued),
	killed(crash.SelfToken, hashNotIssued),
	killed(crash.SelfToken, tokenCreated), // the lifeline
	killed(crash.TokenForced, tokenCreated),
	killed(crash.TokenForced, tokenNotCreated),
	killed(crash.TokenForced, tokenPublished),
	killed(crash.TokenForced, tokenRevoked),
	killed(crash.ResellerForced, tokenCreated),
	killed(crash.AccountForced, accountTokenCreated),
	killed(crash.TokenSelf, tokenCreated),
	killed(crash.TokenSelf, ownTokenPublished),
	killed(crash.MailboxForced, mailboxSet),
	killed(crash.PasswordSelf, passwordSet),
	killed(crash.PasswordSelf, tokenCreated), // the lifeline
	killed(crash.PasswordSelfOld, passwordSet),
	killed(crash.DatabaseLent, sessionCreated),
	killed(crash.StoreForced, exchanged),
	killed(crash.StoreFirst, notExchanged),
}

// abandoned are those whose object is deleted while the manager is down.
var abandoned = []crash.Scenario{
	crash.TokenContested, crash.ResellerForced, crash.AccountOld, crash.DatabaseForced, crash.SessionForced, crash.StoreForced,
}

var _ = Describe("A manager that is killed at any mutating request", func() {
	It("recovers with one issue", func(ctx SpecContext) {
		all := newCases()
		for _, sc := range scenarios {
			lead(ctx, all, crashed{scenario: sc})
		}
		all.end()
	})

	It("recovers with one issue when it is killed again while it recovers", func(ctx SpecContext) {
		all := newCases()
		for _, once := range recoveries {
			lead(ctx, all, once)
		}
		all.end()
	})

	It("leaves nothing behind of an object that is deleted meanwhile", func(ctx SpecContext) {
		all := newCases()
		for _, sc := range abandoned {
			lead(ctx, all, crashed{scenario: sc, abandoned: true})
		}
		all.end()
	})
})

// lead plays a case once to see which requests follow, and then kills the manager at each of those.
func lead(ctx context.Context, all *cases, once crashed) {
	if !wantedScenario(once.scenario.Name) {
		return
	}
	all.lead(ctx, once.String(), func() ([]crashed, error) {
		result, err := bed.Run(ctx, once.scenario, crash.Trouble{At: once.points})
		if err == nil && len(once.points) == 0 && result.Recoveries > 0 {
			// A call may be too slow for its time-out once.
			result, err = bed.Run(ctx, once.scenario, crash.Trouble{})
		}
		requests := result.Requests
		switch {
		case err != nil:
			return nil, err
		case len(once.points) > 0:
			requests = result.Later
		case result.Recoveries > 0:
			return nil, fmt.Errorf("%d recoveries of nothing", result.Recoveries)
		}
		GinkgoWriter.Printf("%s: %v\n", once, requests)
		return everyPoint(once, requests), nil
	})
}

// everyPoint returns a case for each moment at each of the requests, after the points of a case.
func everyPoint(once crashed, requests []crash.Request) []crashed {
	var all []crashed
	for _, p := range crash.Points(requests) {
		c := once
		c.points = append(slices.Clone(once.points), p)
		all = append(all, c)
	}
	return all
}

func killed(sc crash.Scenario, at crash.Point) crashed {
	return crashed{scenario: sc, points: []crash.Point{at}}
}

// crashed is a scenario in which the manager is killed at one or more points.
type crashed struct {
	scenario crash.Scenario
	points   []crash.Point
	// abandoned deletes the object meanwhile.
	abandoned bool
}

func (c crashed) String() string {
	what := "killed"
	if c.abandoned {
		what = "killed and deleted"
	}
	return fmt.Sprintf("%s, %s %s", c.scenario.Name, what, c.points)
}

func (c crashed) play(ctx context.Context) error {
	trouble := crash.Trouble{At: c.points, Abandoned: c.abandoned}
	result, err := bed.Run(ctx, c.scenario, trouble)
	if err == nil && result.Sprung == 0 && len(c.points) == 1 && c.points[0].Nth > 1 {
		// The run that was recorded, or this one, may have met a conflict and repeated a write.
		result, err = bed.Run(ctx, c.scenario, trouble)
	}
	if err != nil {
		return err
	}
	GinkgoWriter.Printf("%s: %d recoveries\n", c, result.Recoveries)
	switch missed := len(c.points) - result.Sprung; {
	case missed == 0 || optional(c.scenario, c.points[len(c.points)-1].Request):
		return nil
	case missed == 1 && len(c.points) > 1:
		return errTookAnotherWay
	}
	return errNotCome
}

// optional tells whether a run may do without a request of the run that was recorded: how often a status is reported
// depends on what happens to be seen together, and whether a deletion takes a second turn on whether two writes meet.
func optional(sc crash.Scenario, r crash.Request) bool {
	return strings.HasSuffix(r.What, "/status") || sc.By == crash.Deleted && r.Nth > 1
}
