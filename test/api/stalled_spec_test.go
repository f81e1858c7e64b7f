// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

// cron returns a change that sets a schedule.
func cron(expression, zone string) func(*v1alpha1.AccessHashRotation) {
	return func(r *v1alpha1.AccessHashRotation) {
		r.Spec.Rotation = &v1alpha1.RotationSchedule{Cron: expression, TimeZone: zone}
	}
}

// window returns a change that sets a window.
func window(expression, zone string) func(*v1alpha1.AccessHashRotation) {
	return func(r *v1alpha1.AccessHashRotation) {
		r.Spec.Rotation = &v1alpha1.RotationSchedule{Windows: []v1alpha1.RotationWindow{{
			Cron: expression, TimeZone: zone, Duration: metav1.Duration{Duration: time.Hour},
		}}}
	}
}

// data returns a change that sets a template with one key.
func data(key, source string) func(*v1alpha1.AccessHashRotation) {
	return func(r *v1alpha1.AccessHashRotation) {
		r.Spec.Secret.Template = &v1alpha1.SecretTemplate{Data: map[string]v1alpha1.TemplateSource{
			key: v1alpha1.TemplateSource(source),
		}}
	}
}

// secretType returns a change that sets the type of the Secret.
func secretType(name string) func(*v1alpha1.AccessHashRotation) {
	return func(r *v1alpha1.AccessHashRotation) {
		r.Spec.Secret.Template = &v1alpha1.SecretTemplate{Type: name}
	}
}

// What the API server cannot see in a spec is seen before anything is asked of the server, and heals with the spec.
var _ = DescribeTable("a spec that cannot be done stalls:",
	func(ctx SpecContext, change func(*v1alpha1.AccessHashRotation), reason, words string) {
		b := newBench(ctx)
		b.readyServer()
		r := b.rotation("r", change)
		b.awaitStalled(r, reason, words)
		b.expectOneWarning(r, reason)
		b.expectHashUntouched()

		edit(b, r, func(r *v1alpha1.AccessHashRotation) {
			r.Spec.Rotation, r.Spec.Secret.Template = nil, nil
		})
		b.awaitReady(r)
		Expect(b.read(targetName).Data).To(HaveKeyWithValue("accesshash", []byte(b.whm.AccessHash("root"))))
	},

	Entry("an unknown time zone", cron("@daily", "Europe/Berlino"),
		v1alpha1.InvalidSpecReason, `timeZone "Europe/Berlino": the time zone is unknown; write an IANA name`),
	Entry("the zone of whatever node it runs on", cron("@daily", "Local"),
		v1alpha1.InvalidSpecReason, `timeZone "Local": the time zone is unknown`),
	Entry("a cron expression of three fields", cron("0 3 *", ""),
		v1alpha1.InvalidSpecReason, "write minute, hour, day of month, month and day of week"),
	Entry("a day that never comes", cron("0 3 30 2 *", ""),
		v1alpha1.InvalidSpecReason, "no calendar has such a day, so this never happens"),
	Entry("a window that never opens", window("0 3 31 4 *", ""),
		v1alpha1.InvalidSpecReason, `windows[0].cron "0 3 31 4 *": no calendar has such a day`),
	Entry("an unknown time zone of a window", window("@daily", "Mars/Olympus"),
		v1alpha1.InvalidSpecReason, `windows[0].timeZone "Mars/Olympus": the time zone is unknown`),

	Entry("a template that does not end", data("a", "{{ .username"),
		v1alpha1.TemplateFailedReason, `spec.secret.template.data: template "a", line 1: unclosed action`),
	Entry("a loop in a template", data("a", "{{ range $ }}x{{ end }}"),
		v1alpha1.TemplateFailedReason, "range is not allowed; name the keys"),
	Entry("a sub-template", data("a", `{{ template "b" }}`),
		v1alpha1.TemplateFailedReason, "is not allowed; use if, with and functions"),
	Entry("a function that does not exist", data("a", `{{ env "HOME" }}`),
		v1alpha1.TemplateFailedReason, `function "env" not defined; available are `),
	Entry("a key that does not exist", data("a", "x\n{{ .password }}"),
		v1alpha1.TemplateFailedReason, `line 2: there is no key "password"; available are accesshash, authorization`),
	Entry("all keys at once", data("a", "{{ . }}"),
		v1alpha1.TemplateFailedReason, "this prints all values; name one key, such as .username"),

	Entry("a type of Secret that wants other keys", secretType("kubernetes.io/tls"),
		v1alpha1.SecretConflictReason, "a Secret of type kubernetes.io/tls needs the key tls.crt; add it to spec.secret.template.data"),
	Entry("a type of Secret that wants JSON", func(r *v1alpha1.AccessHashRotation) {
		data(".dockerconfigjson", "{{ .accesshash }}")(r)
		r.Spec.Secret.Template.Type = "kubernetes.io/dockerconfigjson"
	}, v1alpha1.SecretConflictReason, "a Secret of type kubernetes.io/dockerconfigjson needs JSON under .dockerconfigjson"),
	Entry("a type of Secret that is Kubernetes' own", secretType("kubernetes.io/service-account-token"),
		v1alpha1.SecretConflictReason, "Secrets of type kubernetes.io/service-account-token are Kubernetes' own"),
)

var _ = Describe("a rotation without its server", func() {
	It("stalls until the server is there", func(ctx SpecContext) {
		b := newBench(ctx)
		r := b.rotation("r")
		b.awaitStalled(r, v1alpha1.ServerNotFoundReason, "WHMServer server does not exist in this namespace; create it")
		b.expectOneWarning(r, v1alpha1.ServerNotFoundReason)
		b.readyServer()
		b.awaitReady(r)
	})
})
