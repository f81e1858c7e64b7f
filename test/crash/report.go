// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// describe puts conditions into one line.
func describe(all []metav1.Condition) string {
	if len(all) == 0 {
		return "no conditions"
	}
	var parts []string
	for _, c := range all {
		parts = append(parts, fmt.Sprintf("%s=%s (%s: %s)", c.Type, c.Status, c.Reason, c.Message))
	}
	return strings.Join(parts, ", ")
}

// tailLines is how much of the manager's log a failure shows.
const tailLines = 60

// failure says everything that is known of a run that went wrong.
func (r *Rig) failure(what string, err error) error {
	text := &strings.Builder{}
	fmt.Fprintf(text, "%s: %v\n", what, err)
	ledger := r.Simulator.Ledger()
	for _, c := range ledger.Calls {
		fmt.Fprintf(text, "  call %d %s %s by %s, mutating %t, applied %t, status %d, fault %q, %s\n",
			c.ID, c.Function, c.Path, c.CredentialKind, c.Mutating, c.Applied, c.Status, c.Fault, c.Reason)
	}
	for _, c := range ledger.Credentials {
		fmt.Fprintf(text, "  %s %s %s, issued %s by call %d, revoked %s by call %d\n", c.Kind, c.Name, c.Fingerprint,
			c.IssuedAt.Format(time.TimeOnly), c.IssuedByCall, c.RevokedAt.Format(time.TimeOnly), c.RevokedByCall)
	}
	fmt.Fprintf(text, "  published: %s\n", r.Consumer.describeHeld())
	for _, f := range ledger.FailedLogins {
		fmt.Fprintf(text, "  failed login with %s: %s\n", f.Kind, f.Cause)
	}
	return fmt.Errorf("%s  log of the manager in %s ends with\n%s", text.String(), r.Namespace, r.Log.Tail(tailLines))
}
