// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/log/zap"
)

// Not parallel: controller-runtime registers its flags on variables of its own.
func TestVerbosityStopsBeforeBodiesOfRequests(t *testing.T) {
	for level, most := range map[string]int{"info": 0, "debug": 1, "5": 5, "7": 7, "8": 7, "10": 7} {
		t.Run(level, func(t *testing.T) {
			f, err := parse([]string{"--zap-log-level=" + level})
			if err != nil {
				t.Fatal(err)
			}
			logger := zap.New(zap.UseFlagOptions(&f.log), zap.WriteTo(io.Discard))
			for v := range 12 {
				if got, want := logger.V(v).Enabled(), v <= most; got != want {
					t.Errorf("V(%d) is enabled: %t, want %t", v, got, want)
				}
			}
		})
	}
}
