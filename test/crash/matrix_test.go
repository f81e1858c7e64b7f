// SPDX-License-Identifier: Apache-2.0

package crash_test

import (
	"context"
	"fmt"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/whm-credentials/operator/test/crash"
)

var _ = Describe("A manager that is killed at any mutating request", func() {
	for _, sc := range []crash.Scenario{
		crash.ForeignFirst, crash.ForeignForced, crash.SelfToken, crash.SelfSession,
		crash.TokenFirst, crash.TokenForced, crash.TokenOld, crash.TokenChanged, crash.TokenDeleted,
		crash.ResellerForced, crash.ResellerDeleted,
		crash.AccountForced, crash.AccountOld, crash.AccountChanged, crash.AccountDeleted,
		crash.TokenSelf, crash.TokenSelfFirst, crash.TokenSelfDeleted,
	} {
		It("recovers with one issue: "+sc.Name, func(ctx SpecContext) {
			clean, err := bed.Run(ctx, sc, crash.Trouble{})
			Expect(err).NotTo(HaveOccurred())
			Expect(clean.Recoveries).To(BeZero())
			for _, r := range clean.Requests {
				GinkgoWriter.Println(r)
			}
			playAll(ctx, everyPoint(sc, clean.Requests))
		})
	}
})

var _ = DescribeTable("A manager that is killed again while it recovers still recovers with one issue",
	func(ctx SpecContext, sc crash.Scenario, first crash.Point) {
		once, err := bed.Run(ctx, sc, crash.Trouble{At: []crash.Point{first}})
		Expect(err).NotTo(HaveOccurred())
		playAll(ctx, everyPoint(sc, once.Later, first))
	},
	Entry("foreign hash was issued", crash.ForeignFirst, hashIssued),
	Entry("own hash was issued, token", crash.SelfToken, hashIssued),
	Entry("own hash was issued, session", crash.SelfSession, hashIssued),
	Entry("own hash was not issued, token", crash.SelfToken, hashNotIssued),
	Entry("lifeline was created", crash.SelfToken, tokenCreated),
	Entry("token was created", crash.TokenForced, tokenCreated),
	Entry("token was not created", crash.TokenForced, tokenNotCreated),
	Entry("token was published", crash.TokenForced, tokenPublished),
	Entry("token was revoked", crash.TokenForced, tokenRevoked),
	Entry("token of a reseller was created", crash.ResellerForced, tokenCreated),
	Entry("token of an account was created", crash.AccountForced, accountTokenCreated),
	Entry("own token was created", crash.TokenSelf, tokenCreated),
	Entry("own token was published", crash.TokenSelf, ownTokenPublished),
)

var _ = DescribeTable("An object that is deleted in the middle of a rotation leaves nothing behind",
	func(ctx SpecContext, sc crash.Scenario) {
		clean, err := bed.Run(ctx, sc, crash.Trouble{})
		Expect(err).NotTo(HaveOccurred())
		cases := everyPoint(sc, clean.Requests)
		for i := range cases {
			cases[i].abandoned = true
		}
		playAll(ctx, cases)
	},
	Entry("token", crash.TokenContested),
	Entry("token of a reseller", crash.ResellerForced),
	Entry("token of an account", crash.AccountOld),
)

// everyPoint returns a case for each moment at each of the requests, after the manager was killed at first.
func everyPoint(sc crash.Scenario, requests []crash.Request, first ...crash.Point) []crashed {
	var all []crashed
	for _, p := range crash.Points(requests) {
		all = append(all, crashed{scenario: sc, points: append(slices.Clone(first), p)})
	}
	return all
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
	result, err := bed.Run(ctx, c.scenario, crash.Trouble{At: c.points, Abandoned: c.abandoned})
	if err != nil {
		return err
	}
	GinkgoWriter.Printf("%s: %d recoveries\n", c, result.Recoveries)
	if result.Sprung < len(c.points) && !optional(c.scenario, c.points[len(c.points)-1].Request) {
		return errNotCome
	}
	return nil
}

// optional tells whether a run may do without a request of the run that was recorded: how often a status is reported
// depends on what happens to be seen together, and whether a deletion takes a second turn on whether two writes meet.
func optional(sc crash.Scenario, r crash.Request) bool {
	return strings.HasSuffix(r.What, "/status") || sc.By == crash.Deleted && r.Nth > 1
}
