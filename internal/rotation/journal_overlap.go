// SPDX-License-Identifier: Apache-2.0

package rotation

import (
	"slices"
	"time"
)

// Stray is a credential that bears one of the object's names upstream and belongs to no entry.
type Stray struct {
	// ID under which upstream knows it.
	ID string `json:"id"`

	// FoundAt is when it was found. Its overlap counts from then.
	FoundAt time.Time `json:"foundAt,omitzero"`

	// ExpiresAt is when it stops working by itself; zero if it does not, or if that is not known.
	ExpiresAt time.Time `json:"expiresAt,omitzero"`
}

// Knows tells whether the journal has an entry, a stray or a lifeline of that ID.
func (j *Journal) Knows(id string) bool {
	return slices.ContainsFunc(j.Entries, func(e Entry) bool {
		return e.ID == id || e.Lifeline != nil && e.Lifeline.ID == id
	}) || slices.ContainsFunc(j.Strays, func(s Stray) bool { return s.ID == id })
}

// Adopt adds strays that the journal does not know yet. It tells whether there were any.
func (j *Journal) Adopt(found ...Stray) bool {
	before := len(j.Strays)
	for _, s := range found {
		if !j.Knows(s.ID) {
			j.Strays = append(j.Strays, s)
		}
	}
	return len(j.Strays) > before
}

// Supersede keeps when the newest revision was published, before the next one is intended: from then on the published
// Secret tells that of another one.
func (j *Journal) Supersede(publishedAt time.Time) {
	for i := 0; i < len(j.Entries)-1; i++ {
		if j.Entries[i].ReplacedAt.IsZero() {
			j.Entries[i].ReplacedAt = publishedAt
		}
	}
}

// Retire drops entries and strays that are proven to be gone upstream. The newest entry stays.
func (j *Journal) Retire(ids ...string) {
	newest := j.Newest()
	j.Entries = slices.DeleteFunc(slices.Clone(j.Entries), func(e Entry) bool {
		return e.Revision != newest.Revision && slices.Contains(ids, e.ID)
	})
	j.Strays = slices.DeleteFunc(slices.Clone(j.Strays), func(s Stray) bool { return slices.Contains(ids, s.ID) })
}

// Discard takes the newest revision back to where it is not known whether it was issued: its value is of no use, and what
// there may be upstream is found and revoked by its name.
func (j *Journal) Discard() {
	e := j.Newest()
	e.Phase, e.Value, e.Fingerprint, e.IssuedAt = Intended, nil, "", time.Time{}
}

// FallBack makes the previous credential the newest revision, because the newest one turned out not to work. No successor
// is begun on schedule before the given time.
func (j *Journal) FallBack(notBefore time.Time) {
	failed := j.Newest()
	failed.Rejected = true
	i := j.fallback()
	again := j.Entries[i]
	again.Value = again.Value.Clone()
	again.Revision, again.Trigger = failed.Revision+1, TriggerFallBack
	again.ReplacedAt, again.NotBefore = time.Time{}, notBefore
	j.Entries = append(slices.Delete(slices.Clone(j.Entries), i, i+1), again)
}

// fallback returns the index of the newest entry before the newest one that is not known to be useless; -1 if there is
// none.
func (j *Journal) fallback() int {
	for i := len(j.Entries) - 2; i >= 0; i-- {
		if e := &j.Entries[i]; e.Phase == Issued && !e.Rejected {
			return i
		}
	}
	return -1
}

// expired tells whether it has stopped working by itself.
func expired(at, now time.Time) bool { return !at.IsZero() && !now.Before(at) }
