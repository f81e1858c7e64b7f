// SPDX-License-Identifier: Apache-2.0

package crash_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	. "github.com/onsi/ginkgo/v2"

	"github.com/whm-credentials/operator/test/crash"
)

// droppedInARow is how often the answer is lost. A hundred times in a row are played on virtual time, without processes.
const droppedInARow = 10

var _ = Describe("A manager that is killed each time when a credential was issued", func() {
	It("has at most three tokens at a time, sets one password, and lets sessions be", func(ctx SpecContext) {
		seed := uint64(time.Now().UnixNano())
		AddReportEntry("seed", seed)
		random := rand.New(rand.NewPCG(seed, 0))
		var cases []crashed
		for _, sc := range []crash.Scenario{
			crash.TokenForced, crash.ResellerForced, crash.AccountForced, crash.TokenSelf,
			crash.MailboxForced, crash.PasswordSelf, crash.PasswordSelfOld, crash.SessionForced, crash.StoreForced,
		} {
			cases = append(cases, crashed{scenario: sc, points: droppedAnswers(sc, random)})
		}
		playAll(ctx, cases)
	})
})

// droppedAnswers kills the manager after each credential that is issued, and now and then when it revokes that one too.
func droppedAnswers(sc crash.Scenario, random *rand.Rand) (points []crash.Point) {
	revocations := 0
	revoke := func(moment crash.Moment) crash.Point {
		revocations++
		return crash.Point{Request: crash.Request{Side: crash.WHM, What: sc.Kind.Revoke, Nth: revocations}, Moment: moment}
	}
	for n := range droppedInARow {
		created := crash.Request{Side: crash.WHM, What: sc.Kind.Issue, Nth: n + 1}
		points = append(points, crash.Point{Request: created, Moment: crash.After})
		if sc.Kind.Revoke == "" {
			continue
		}
		switch random.IntN(4) {
		case 0: // it is asked for again
			points = append(points, revoke(crash.Before))
			revocations++
		case 1: // the list shows that it was done
			points = append(points, revoke(crash.After))
		default:
			revocations++
		}
	}
	AddReportEntry(sc.Name, fmt.Sprint(points))
	return points
}
