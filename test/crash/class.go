// SPDX-License-Identifier: Apache-2.0

package crash

import "fmt"

// Class is all that the suite has to know of what the server does with a credential when its successor is issued. What
// is true of all classes stands in [Rig.CheckInvariants].
type Class struct {
	// overlaps is true if the credential exists side by side with the one before, for as long as the spec says.
	overlaps bool
	// stands is true if what is published works at any time, also while its successor is issued.
	stands bool
	// repeats is true if a lost answer is only ever made up for by another issue.
	repeats bool
	// few is true if there may never be more than a few credentials at a time, because they last until they are ended.
	few bool
	// judge is what is true of this class only.
	judge func(r *Rig, s settled, e Expectation) error
}

// The classes, as package rotation names them.
var (
	replacing = &Class{few: true}
	additive  = &Class{overlaps: true, stands: true, repeats: true, few: true}
	chosen    = &Class{repeats: true, few: true, judge: (*Rig).oneValueEach}
	ephemeral = &Class{stands: true, repeats: true}
	oneShot   = &Class{stands: true, judge: (*Rig).onceEach}
)

// oneValueEach checks that a lost answer made the operator set the same value again: the server has seen one for each
// revision, however often it was set.
func (r *Rig) oneValueEach(s settled, e Expectation) error {
	values := map[string]bool{}
	for _, c := range s.ledger.Credentials {
		if c.Kind == r.Scenario.Kind.ledger && c.User == r.Scenario.holder() && ours(c) {
			values[c.Fingerprint] = true
		}
	}
	if n := int64(len(values)); n != e.Issues {
		return fmt.Errorf("I5: %d values were set for %d revisions", n, e.Issues)
	}
	return nil
}
