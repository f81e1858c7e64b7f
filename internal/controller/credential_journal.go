// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/journal"
	"github.com/whm-credentials/operator/internal/controller/names"
	"github.com/whm-credentials/operator/internal/controller/outcome"
)

// readJournal reads the journal live. Whoever may write Secrets in the namespace can write the journal, and what it names is
// revoked or changed in the end, with the operator's rights on the server. So it may name nothing but the object's own.
func (r *CredentialReconciler) readJournal(ctx context.Context, s *scope) (*journal.Record, error) {
	record, err := r.journals.Load(ctx, s.obj)
	if err != nil || !r.driver.Class().Overlaps() {
		return record, err
	}
	for _, id := range idsIn(record) {
		mine, err := r.mayName(ctx, s, id)
		if err != nil {
			return nil, err
		}
		if !mine {
			return nil, outcome.Stall(v1alpha1.JournalInvalidReason,
				"the journal Secret %s was changed by somebody: it names a credential that is not this object's; delete it, and it is "+
					"made anew from the published Secret", journal.Key(s.obj).Name)
		}
	}
	return record, nil
}

func idsIn(record *journal.Record) (ids []string) {
	for i := range record.Entries {
		ids = append(ids, record.Entries[i].ID)
	}
	for _, stray := range record.Strays {
		ids = append(ids, stray.ID)
	}
	return ids
}

// mayName tells whether a journal may name a credential: one that the object made, also under another cluster's id, which
// can be changed, or one whose maker is gone.
func (r *CredentialReconciler) mayName(ctx context.Context, s *scope, id string) (bool, error) {
	if of, ok := names.Parse(id); ok && of.Hash == r.namesOf(s.obj).Hash {
		return true, nil
	}
	return r.inherits(ctx, s, id)
}
