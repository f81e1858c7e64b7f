// SPDX-License-Identifier: Apache-2.0

package crash_test

import (
	"context"
	"errors"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/whm-credentials/operator/test/crash"
)

var _ = Describe("A manager that is killed at any mutating request", func() {
	for _, sc := range crash.Scenarios() {
		It("recovers with one regeneration: "+sc.Name, func(ctx SpecContext) {
			clean, err := bed.Run(ctx, sc, crash.Trouble{})
			Expect(err).NotTo(HaveOccurred())
			Expect(clean.Recoveries).To(BeZero())
			for _, r := range clean.Requests {
				GinkgoWriter.Println(r)
			}
			Expect(crashEverywhere(ctx, sc, clean.Requests)).To(Succeed())
		})
	}
})

func crashEverywhere(ctx context.Context, sc crash.Scenario, requests []crash.Request) error {
	return each(ctx, crash.Points(requests), func(ctx context.Context, p crash.Point) error {
		result, err := bed.Run(ctx, sc, crash.Trouble{At: &p})
		if err != nil {
			return err
		}
		GinkgoWriter.Printf("killed %s: %d recoveries\n", p, result.Recoveries)
		if !result.Sprung && !optional(p.Request) {
			return errors.New("the request did not come")
		}
		return nil
	})
}

// optional tells whether a run may do without a request of the run that was recorded: how often a status is reported
// depends on what happens to be seen together.
func optional(r crash.Request) bool { return strings.HasSuffix(r.What, "/status") && r.Nth > 1 }
