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
	}) || j.strays(id)
}

func (j *Journal) strays(id string) bool {
	return slices.ContainsFunc(j.Strays, func(s Stray) bool { return s.ID == id })
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

// Behind tells whether the published Secret holds a later revision than the journal has a value of, as when the journal
// was lost or an older one was restored. What the journal says of its newest revision must not be acted upon then: the name
// that it intended may be the one that is published.
func (j *Journal) Behind(published int64) bool {
	current := j.Current()
	return published > 0 && (current == nil || current.Revision < published)
}

// Continue makes what is published the newest revision of a journal that is behind. What was intended is a stray, unless
// it is what was published.
func (j *Journal) Continue(class Class, published Entry, now time.Time) {
	j.rememberInputs(class)
	e := j.Newest()
	if e != nil && e.Phase == Intended {
		j.Entries = j.Entries[:len(j.Entries)-1]
	}
	j.Entries = slices.DeleteFunc(slices.Clone(j.Entries), func(e Entry) bool {
		return class.Overlaps() && e.ID == published.ID
	})
	j.Strays = slices.DeleteFunc(slices.Clone(j.Strays), func(s Stray) bool { return s.ID == published.ID })
	j.Entries = append(j.Entries, published)
	if e != nil && e.Phase == Intended && class.Overlaps() {
		j.Adopt(Stray{ID: e.ID, FoundAt: now, ExpiresAt: e.ExpiresAt})
	}
}

// lostFor is how old an intention may be for what bears its name to be taken for what a lost answer left. Later it may as
// well be what was published after a backup that was restored since.
const lostFor = 15 * time.Minute

// Made tells whether what bears the entry's name upstream, and was made at the given time by a clock that may differ by
// skew, is what an attempt left whose answer was lost, so that nobody uses it. Otherwise it comes from a future that a
// restore took back.
func (e *Entry) Made(created, now time.Time, skew time.Duration) bool {
	return !created.Before(e.IntendedAt.Add(-skew)) && now.Before(e.IntendedAt.Add(lostFor))
}

// Disown adds a stray that bears the name which is intended. The next attempt has another name.
func (j *Journal) Disown(s Stray) {
	if !j.strays(s.ID) {
		j.Strays = append(j.Strays, s)
	}
}

// Supersede keeps when the newest revision was published, before the next one is intended: from then on the published
// Secret tells that of another one.
func (j *Journal) Supersede(publishedAt time.Time) {
	for i := range max(len(j.Entries)-1, 0) {
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

// FallBack makes the previous credential the newest revision, because the newest one that was issued turned out not to work.
// No successor is begun on schedule before the given time. What was intended meanwhile cannot be asked for, so it is taken
// for a stray that nobody uses.
func (j *Journal) FallBack(notBefore time.Time) {
	revision := j.Newest().Revision + 1
	if e := *j.Newest(); e.Phase == Intended {
		j.Disown(Stray{ID: e.ID, FoundAt: e.IntendedAt, ExpiresAt: e.ExpiresAt})
		j.Entries = j.Entries[:len(j.Entries)-1]
	}
	j.Newest().Rejected = true
	i := j.fallback()
	again := j.Entries[i]
	again.Value = again.Value.Clone()
	again.Revision, again.Trigger = revision, TriggerFallBack
	again.ReplacedAt, again.NotBefore = time.Time{}, notBefore
	j.Entries = append(slices.Delete(slices.Clone(j.Entries), i, i+1), again)
}

// CanFallBack tells whether there is a credential to fall back to.
func (j *Journal) CanFallBack(now time.Time) bool {
	i := j.fallback()
	return i >= 0 && !expired(j.Entries[i].ExpiresAt, now)
}

// fallback returns the index of the newest entry before the current one that is not known to be useless; -1 if there is
// none.
func (j *Journal) fallback() int {
	current := j.Current()
	for i := range slices.Backward(j.Entries) {
		if e := &j.Entries[i]; current != nil && e.Revision < current.Revision && e.Phase == Issued && !e.Rejected {
			return i
		}
	}
	return -1
}

// expired tells whether it has stopped working by itself.
func expired(at, now time.Time) bool { return !at.IsZero() && !now.Before(at) }
