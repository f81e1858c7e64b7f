// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/controller/publish"
	"github.com/whm-credentials/operator/internal/controller/tokens"
	"github.com/whm-credentials/operator/internal/controller/upstream"
	"github.com/whm-credentials/operator/internal/schedule"
)

// ensureFinalizer comes before anything that would have to be cleaned up.
func (r *CredentialReconciler) ensureFinalizer(ctx context.Context, s *scope) error {
	if controllerutil.ContainsFinalizer(s.obj, v1alpha1.CredentialFinalizer) {
		return nil
	}
	// A merge patch replaces the whole list of finalizers, so it must not be applied to a list that somebody changed.
	patch := client.MergeFromWithOptions(s.before, client.MergeFromWithOptimisticLock{})
	controllerutil.AddFinalizer(s.obj, v1alpha1.CredentialFinalizer)
	if err := r.Client.Patch(ctx, s.obj, patch); err != nil {
		return fmt.Errorf("add finalizer: %w", err)
	}
	s.rebase()
	return nil
}

// rebase takes the object as the API server has it now as the one that later changes are compared with.
func (s *scope) rebase() {
	s.before = s.obj.DeepCopyObject().(Credential) //nolint:forcetypeassert // a copy has the type of its original
}

func (r *CredentialReconciler) findServer(ctx context.Context, s *scope) (err error) {
	s.server, err = r.References.Server(ctx, s.obj.GetNamespace(), s.spec().ServerRef)
	return err
}

// permit comes before everything that the server is used for. What is published is not touched when it is taken away.
func (r *CredentialReconciler) permit(ctx context.Context, s *scope) error {
	return r.References.Permit(ctx, s.obj.GetNamespace(), s.server, r.driver.Ask(s.obj, s.server))
}

func (r *CredentialReconciler) digestSpec(_ context.Context, s *scope) (err error) {
	s.inputs, err = digestInputs(r.driver, s.obj, s.server)
	return err
}

// checkSpec finds what the API server cannot: a schedule that never fires, a template that does not render. An object that
// is quiet has passed it.
func (r *CredentialReconciler) checkSpec(_ context.Context, s *scope) error {
	var err error
	if s.schedule, err = parseSchedule(s.spec().Rotation); err != nil {
		return outcome.Stall(v1alpha1.InvalidSpecReason, "spec.rotation: %w", err)
	}
	if s.template, err = parseTemplate(s.spec()); err != nil {
		return err
	}
	sample, err := trySample(r.driver, s.obj, s.template, s.server)
	if err != nil {
		return err
	}
	return publish.CheckType(s.spec().Secret, sample)
}

func parseSchedule(in *v1alpha1.RotationSchedule) (*schedule.Schedule, error) {
	if in == nil || in.Every == nil && in.Cron == "" && len(in.Windows) == 0 {
		return nil, nil
	}
	spec := schedule.Spec{Cron: in.Cron, TimeZone: in.TimeZone}
	if in.Every != nil {
		spec.Every = in.Every.Duration
	}
	for _, w := range in.Windows {
		spec.Windows = append(spec.Windows, schedule.Window{Cron: w.Cron, TimeZone: w.TimeZone, Duration: w.Duration.Duration})
	}
	return schedule.Parse(spec)
}

// takeSlot keeps the number of objects that work with one server at once within its limit.
func (r *CredentialReconciler) takeSlot(_ context.Context, s *scope) error {
	if s.spec().Suspend {
		return nil
	}
	release, ok := r.Pool.TrySlot(s.server)
	if !ok {
		return errBusy
	}
	s.release = release
	return nil
}

// loadJournal reads the journal live. It may come from an old backup.
func (r *CredentialReconciler) loadJournal(ctx context.Context, s *scope) (err error) {
	if s.record, err = r.readJournal(ctx, s); err != nil {
		return err
	}
	if s.record.Exists() && r.recallInputs(s) {
		if err := r.journals.Save(ctx, s.record); err != nil {
			return err
		}
	}
	return r.sameAccount(s)
}

// sameAccount stalls if the credentials in the journal are not of the account that they are of now, because the server
// object logs in as somebody else since.
func (r *CredentialReconciler) sameAccount(s *scope) error {
	of, ok := r.driver.(accounted)
	before, known := journaledAccount(s)
	if !ok || !known || before == of.Account(s.obj, s.server) {
		return nil
	}
	return outcome.Stall(v1alpha1.AccountChangedReason, "the published credential belongs to %s, and %s %s logs in as %s now; let it "+
		"log in as %s again, or make a new object, with spec.account.user if the credential is to be of that user for ever",
		before.User, s.server.ServerKind(), s.server.GetName(), upstream.User(s.server), before.User)
}

// accountName returns whose credential the object makes; empty if that is for ever the same.
func (r *CredentialReconciler) accountName(s *scope) string {
	if of, ok := r.driver.(accounted); ok {
		return of.Account(s.obj, s.server).String()
	}
	return ""
}

// journaledAccount returns whose credentials are in the journal; false if there are none.
func journaledAccount(s *scope) (tokens.Account, bool) {
	if s.record == nil {
		return tokens.Account{}, false
	}
	for i := range slices.Backward(s.record.Entries) {
		if account, ok := tokens.ParseAccount(s.record.Entries[i].Account); ok {
			return account, true
		}
	}
	return tokens.Account{}, false
}

// readSecret reads the published Secret live, and makes sure that it may be written.
func (r *CredentialReconciler) readSecret(ctx context.Context, s *scope) (err error) {
	if s.secret, err = r.writer.Read(ctx, s.owner, s.spec().Secret.Name); err != nil {
		return err
	}
	return publish.Consent(s.owner, s.spec().Secret, s.secret)
}

// observeSecret makes a lost or outdated journal anew from the published Secret.
func (r *CredentialReconciler) observeSecret(ctx context.Context, s *scope) error {
	if err := r.readSecret(ctx, s); err != nil {
		return err
	}
	if outlived(s) && !s.spec().Suspend {
		return r.rebuildJournal(ctx, s)
	}
	if e := s.record.Newest(); e != nil && publishedRevision(s) == e.Revision && publishedID(s) != e.ID {
		// Journal and Secret are of different times, so neither is known to work.
		s.proven = 0
	}
	return nil
}
