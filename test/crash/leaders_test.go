// SPDX-License-Identifier: Apache-2.0

//go:build unix

package crash_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/whm-credentials/operator/test/crash"
)

// trials are how many times a leader is stopped at random, of each sort.
var trials = []struct {
	scenario crash.Scenario
	times    int
	// always are points that chance must not leave out.
	always []crash.Point
}{
	{crash.TokenContested, 50, []crash.Point{atAPI(crash.After, "PUT secrets/journal"), tokenNotCreated}},
	{crash.MailboxContested, 8, []crash.Point{mailboxSet, mailboxNotSet}},
	{crash.StoreContested, 8, []crash.Point{exchanged, notExchanged}},
}

var _ = Describe("A leader that is stopped until it has lost its lease, and then goes on", func() {
	It("publishes nothing twice, leaves no token behind, and uses no login token twice", func(ctx SpecContext) {
		seed := uint64(time.Now().UnixNano())
		AddReportEntry("seed", seed)
		random := rand.New(rand.NewPCG(seed, 0))
		var cases []contested
		for _, of := range trials {
			if !wantedScenario(of.scenario.Name) {
				continue
			}
			clean, err := bed.Run(ctx, of.scenario, crash.Trouble{})
			Expect(err).NotTo(HaveOccurred())
			for _, point := range of.always {
				cases = append(cases, contested{of.scenario, len(cases), point})
			}
			points := slices.DeleteFunc(crash.Points(clean.Requests), func(p crash.Point) bool {
				return optional(of.scenario, p.Request)
			})
			for range of.times - len(of.always) {
				cases = append(cases, contested{of.scenario, len(cases), points[random.IntN(len(points))]})
			}
		}
		playAll(ctx, cases)
	})
})

// contested is one trial.
type contested struct {
	scenario crash.Scenario
	trial    int
	at       crash.Point
}

func (c contested) String() string {
	return fmt.Sprintf("%s, trial %d, stopped %s", c.scenario.Name, c.trial, c.at)
}

func (c contested) play(ctx context.Context) error { return bed.RunLeaders(ctx, c.scenario, c.at) }
