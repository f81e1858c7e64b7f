// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

const (
	shopMail = "shop-mail"             // PasswordRotation of a mailbox, and its Secret
	shopDB   = "shop-db"               // PasswordRotation of a database user, and its Secret
	mailUser = "info@shop.example.com" // the mailbox
	dbUser   = "shop_web"              // the database user
)

// passwords replaces the password of a mailbox while its answer is lost.
func (s *story) passwords(ctx context.Context) error {
	obj := &v1alpha1.PasswordRotation{}
	for name, user := range map[string]string{shopMail: mailUser, shopDB: dbUser} {
		if err := s.awaitRevision(ctx, obj, name, 1); err != nil {
			return err
		}
		if err := s.expectOpens(ctx, name, user); err != nil {
			return err
		}
	}
	old, err := s.password(ctx, shopMail)
	if err != nil {
		return err
	}
	mark, err := s.web1.mark(ctx)
	if err != nil {
		return err
	}
	lost := simulator.Fault{Kind: simulator.FaultReset, Function: "Email::passwd_pop", After: true}
	if err := s.web1.breakNext(ctx, lost); err != nil {
		return err
	}
	s.did("arranged that web1 sets the next password of a mailbox and cuts the connection before it answers")
	revision, err := s.ask(ctx, obj, shopMail)
	if err != nil {
		return err
	}
	if err := s.awaitRevision(ctx, obj, shopMail, revision); err != nil {
		return err
	}
	return s.expectSetAgain(ctx, mark, old)
}

// expectSetAgain checks that the lost answer cost another call and not another password.
func (s *story) expectSetAgain(ctx context.Context, mark int, old string) error {
	calls, err := s.web1.callsSince(ctx, mark)
	if err != nil {
		return err
	}
	l, err := s.web1.ledger(ctx)
	if err != nil {
		return err
	}
	values := map[string]bool{}
	for _, c := range l.Credentials {
		if c.Kind == simulator.KindMailbox && c.IssuedByCall > mark {
			values[c.Fingerprint] = true
		}
	}
	if n := applied(calls, "Email::passwd_pop"); n != 2 || len(values) != 1 {
		return fmt.Errorf("%d passwords were set in %d calls instead of one in two", len(values), n)
	}
	s.saw("the operator had written the password down before it set it, so it set the same one again, and guessed nothing")
	if opens, err := s.opens(ctx, simulator.KindMailbox, mailUser, old); err != nil || opens {
		return errors.Join(err, errors.New("the old password still opens the mailbox"))
	}
	return s.expectOpens(ctx, shopMail, mailUser)
}

// expectOpens checks that what is published opens what it is for, and that the template quotes it.
func (s *story) expectOpens(ctx context.Context, name, user string) error {
	password, err := s.password(ctx, name)
	if err != nil {
		return err
	}
	kind := simulator.KindMailbox
	if name == shopDB {
		kind = simulator.KindMySQL
	}
	opens, err := s.opens(ctx, kind, user, password)
	if err != nil || !opens {
		return errors.Join(err, fmt.Errorf("the published password does not open %s", user))
	}
	s.saw("the URL in Secret %s opens %s (%s)", name, user, fingerprint(password))
	return nil
}

// password reads the password out of the URL that the template made.
func (s *story) password(ctx context.Context, name string) (string, error) {
	secret := &corev1.Secret{}
	if err := s.cluster.Admin.Get(ctx, key(name), secret); err != nil {
		return "", err
	}
	for _, at := range []string{"SMTP_URL", "DATABASE_URL"} {
		// The symbols of the samples need no quoting in URLs, so what stands there is the password.
		if _, rest, ok := strings.Cut(string(secret.Data[at]), "://"); ok {
			_, rest, _ = strings.Cut(rest, ":")
			password, _, _ := strings.Cut(rest, "@")
			s.remember(password)
			return password, nil
		}
	}
	return "", fmt.Errorf("the Secret %s has no URL", name)
}

// opens asks the simulator, because there is no mail or database server behind it.
func (s *story) opens(ctx context.Context, kind simulator.Kind, user, password string) (bool, error) {
	var answer struct {
		Authenticates bool `json:"authenticates"`
	}
	question := map[string]string{"user": user, "kind": string(kind), "value": password}
	err := s.web1.control(ctx, http.MethodPost, "/authenticates", question, &answer)
	return answer.Authenticates, err
}

// publishedPasswords returns the fingerprints of what was published last.
func (s *story) publishedPasswords(ctx context.Context) (all []string, err error) {
	for _, name := range []string{shopMail, shopDB} {
		obj := &v1alpha1.PasswordRotation{}
		if err := s.awaitRevision(ctx, obj, name, 1); err != nil {
			return nil, err
		}
		all = append(all, obj.Status.Current.Fingerprint)
	}
	return all, nil
}
