// SPDX-License-Identifier: Apache-2.0

//go:build unix

package crash_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/whm-credentials/operator/test/crash"
)

// trials are how many times a leader is stopped at random.
const trials = 50

var _ = Describe("A leader that is stopped until it has lost its lease, and then goes on", func() {
	It("publishes nothing twice and leaves no token behind", func(ctx SpecContext) {
		clean, err := bed.Run(ctx, crash.TokenContested, crash.Trouble{})
		Expect(err).NotTo(HaveOccurred())
		points := crash.Points(clean.Requests)
		seed := uint64(time.Now().UnixNano())
		AddReportEntry("seed", seed)
		random := rand.New(rand.NewPCG(seed, 0))
		cases := []contested{{0, atAPI(crash.After, "PUT secrets/journal")}, {1, tokenNotCreated}}
		for n := len(cases); n < trials; n++ {
			point := points[random.IntN(len(points))]
			for optional(crash.TokenContested, point.Request) {
				point = points[random.IntN(len(points))]
			}
			cases = append(cases, contested{n, point})
		}
		playAll(ctx, cases)
	})
})

// contested is one trial.
type contested struct {
	trial int
	at    crash.Point
}

func (c contested) String() string { return fmt.Sprintf("trial %d, stopped %s", c.trial, c.at) }

func (c contested) play(ctx context.Context) error {
	return bed.RunLeaders(ctx, crash.TokenContested, c.at)
}
