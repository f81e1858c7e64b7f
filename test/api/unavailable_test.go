// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

// A server whose certificate does not fit may be in the middle of a renewal, so it is tried again; nothing that is secret
// is sent to it meanwhile.
var _ = Describe("a server that cannot prove who it is", func() {
	It("is tried again if another authority signed its certificate", func(ctx SpecContext) {
		b, other := newBench(ctx), newBench(ctx)
		b.secret(authName, map[string]string{"password": rootPassword})
		s := b.server(func(s *v1alpha1.WHMServer) { s.Spec.TLS.CABundle = string(other.whm.CA()) })
		b.awaitReconciling(s, v1alpha1.UnavailableReason, "the server's certificate is not trusted", "unknown authority")
		Expect(b.whm.Ledger().Calls).To(BeEmpty())
		edit(b, s, func(s *v1alpha1.WHMServer) { s.Spec.TLS.CABundle = string(b.whm.CA()) })
		b.awaitReady(s)
	})

	It("is tried again if its certificate is for another name", func(ctx SpecContext) {
		b := newBench(ctx)
		b.secret(authName, map[string]string{"password": rootPassword})
		s := b.server(func(s *v1alpha1.WHMServer) { s.Spec.TLS.ServerName = "whm.example.net" })
		b.awaitReconciling(s, v1alpha1.UnavailableReason, "certificate is valid for", "not whm.example.net")
		Expect(b.whm.Ledger().Calls).To(BeEmpty())
		edit(b, s, func(s *v1alpha1.WHMServer) { s.Spec.TLS.ServerName = "" })
		b.awaitReady(s)
	})

	It("stalls if the CA bundle only looks like one", func(ctx SpecContext) {
		b := newBench(ctx)
		b.secret(authName, map[string]string{"password": rootPassword})
		s := b.server(func(s *v1alpha1.WHMServer) {
			s.Spec.TLS.CABundle = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
		})
		b.awaitStalled(s, v1alpha1.InvalidSpecReason, "CA bundle: no PEM certificate found")
		b.expectOneWarning(s, v1alpha1.InvalidSpecReason)
		edit(b, s, func(s *v1alpha1.WHMServer) { s.Spec.TLS.CABundle = string(b.whm.CA()) })
		b.awaitReady(s)
	})
})
