// SPDX-License-Identifier: Apache-2.0

package rotation

import "slices"

// mostUsed is how many used inputs are remembered, the last ones: each was obtained by a person, so there are few.
const mostUsed = 100

// Use takes note of inputs that were used, as another record than the journal tells.
func (j *Journal) Use(inputs ...string) {
	for _, input := range inputs {
		if input != "" && !slices.Contains(j.Used, input) {
			j.Used = append(j.Used, input)
		}
	}
	j.Used = j.Used[max(len(j.Used)-mostUsed, 0):]
}

// Forgo takes note that what a one-shot credential is given for was not used after all, so that it may be used again.
func (j *Journal) Forgo() { j.Newest().Baseline = "" }

// IsUsed tells whether an input was used, or may have been.
func (j *Journal) IsUsed(input string) bool {
	return slices.Contains(j.Used, input) ||
		slices.ContainsFunc(j.Entries, func(e Entry) bool { return e.Baseline == input })
}

// LastUsed returns the input that was used last; empty if there is none.
func (j *Journal) LastUsed() string {
	for i := range slices.Backward(j.Entries) {
		if j.Entries[i].Baseline != "" {
			return j.Entries[i].Baseline
		}
	}
	if len(j.Used) == 0 {
		return ""
	}
	return j.Used[len(j.Used)-1]
}

// rememberInputs keeps what entries that are about to be dropped were given for.
func (j *Journal) rememberInputs(class Class) {
	if class != OneShot {
		return
	}
	for i := range j.Entries {
		j.Use(j.Entries[i].Baseline)
	}
}
