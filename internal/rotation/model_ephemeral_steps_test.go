// SPDX-License-Identifier: Apache-2.0

package rotation

import "errors"

func (s *ephemeral) step(w ephemeralWorld, c *chooser) (ephemeralWorld, StepKind) {
	j := s.library.read(w.journal)
	x := &loanRun{ephemeralWorld: &w, luck: luck{c: c, faults: &w.faults, most: s.faults}, s: s, j: j}
	step := s.next(w.state(s, j))
	if step.Kind == StepRest {
		w.report(j)
		w.endRun()
		if until := step.Until; !until.IsZero() {
			w.now = max(w.now, ticksOf(until))
		}
		return w, StepRest
	}
	if err := x.take(step); err != nil {
		if !errors.Is(err, errCrash) {
			w.report(s.library.read(w.journal))
		}
		w.endRun()
	}
	return w, step.Kind
}

func (x *loanRun) take(step Step) error {
	e := x.j.Newest()
	switch step.Kind {
	case StepIntend:
		x.j.Intend(Ephemeral, step, Plan{ID: loanName(step.Revision, 1)}, at(x.now))
		return x.fresh(x.save())
	case StepRetry:
		x.j.Retry(Plan{ID: loanName(e.Revision, e.Attempt+1)}, at(x.now))
		return x.fresh(x.save())
	case StepIssue:
		return x.issue(e)
	case StepStage:
		x.j.Stage(Ephemeral, Credential{
			Value: hashValue(x.held), Fingerprint: fingerprint(x.held), ExpiresAt: at(x.ends[x.held]),
		}, at(x.now), false)
		if err := x.save(); err != nil {
			return err
		}
		x.held, x.run = 0, Run{}
		return nil
	case StepVerify:
		x.proven = e.Revision
		return nil
	case StepWithdraw:
		x.j.Withdraw()
		return x.save()
	case StepPublish:
		return x.publish(e)
	case StepRestore:
		return x.publish(x.j.Current())
	default:
		x.impossible = true
		return errFailed
	}
}

func (x *loanRun) fresh(err error) error {
	if err == nil {
		x.run = Run{Fresh: true}
	}
	return err
}

func (x *loanRun) publish(e *Entry) error {
	return x.write(func() {
		x.secret = published{exists: true, revision: e.Revision, hash: contentOf(e)}
		x.highest = max(x.highest, e.Revision)
	})
}
