// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"fmt"
	"strconv"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// storeReturn is where a store sends the browser back to.
const storeReturn = "https://shop.example.com/login?from=store"

// fleet is one hosting server with many resellers, for each of which there are a server object and a credential of every
// kind.
type fleet struct {
	*simulator.Server
	namespace string
	members   []*member
}

// member is an object together with what tells whether its published credential works.
type member struct {
	controller.Credential
	// kind is what the server calls it, and key where the Secret holds it.
	kind simulator.Kind
	key  string
	// store is the Secret with the login token; nil for other kinds.
	store *corev1.Secret
}

func (m *member) label() string {
	return fmt.Sprintf("%T %s", m.Credential, m.GetName())[len("*v1alpha1."):]
}

// newFleet starts the server and creates size objects of each kind.
func newFleet(virtual *timeline, size int) *fleet {
	GinkgoHelper()
	inventory := simulator.Inventory{
		Users:    map[string]simulator.User{"root": {Password: rootPassword}},
		Accounts: map[string]simulator.Account{},
		Policies: simulator.Policies{AllowDeprecatedAccessHash: new(true)},
	}
	for i := range size {
		inventory.Users[resellerName(i)] = simulator.User{
			ACLs: []string{"all"}, AccessHash: firstHash(resellerName(i)),
			Tokens: map[string]simulator.Token{"operator": {Value: bootToken(i)}},
		}
		inventory.Accounts[accountName(i)] = accountOf(i)
	}
	sim, err := simulator.Start(simulator.Config{Inventory: inventory, Now: virtual.Now})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(sim.Close)
	f := &fleet{Server: sim, namespace: newNamespace()}
	for i := range size {
		f.addServer(i)
		f.members = append(f.members, f.hash(i), f.token(i), f.password(i), f.session(i), f.storeLogin(i), f.twoFactor(i))
	}
	for _, m := range f.members {
		Expect(admin.Create(ctx, m.Credential)).To(Succeed())
	}
	return f
}

func resellerName(i int) string { return fmt.Sprintf("seller%02d", i) }
func accountName(i int) string  { return fmt.Sprintf("shop%02d", i) }
func domainName(i int) string   { return accountName(i) + ".example.com" }
func bootToken(i int) string    { return fmt.Sprintf("CANARYBOOTTOKEN%017d", i) }

func accountOf(i int) simulator.Account {
	at := "info@" + domainName(i)
	return simulator.Account{
		Owner: resellerName(i), Domain: domainName(i), Password: "canary-account-" + strconv.Itoa(i),
		Mailboxes:       map[string]simulator.Mailbox{at: {Password: "canary-mailbox-" + strconv.Itoa(i)}},
		FTPUsers:        map[string]simulator.FTPUser{at: {Password: "canary-ftp-user-" + strconv.Itoa(i)}},
		WebDiskUsers:    map[string]simulator.WebDiskUser{at: {Password: "canary-webdisk-" + strconv.Itoa(i)}},
		MySQLUsers:      map[string]simulator.DatabaseUser{accountName(i) + "_web": {Password: "canary-mysql-user-" + strconv.Itoa(i)}},
		PostgreSQLUsers: map[string]simulator.DatabaseUser{accountName(i) + "_web": {Password: "canary-pgsql-user-" + strconv.Itoa(i)}},
	}
}

// addServer creates the object of a reseller and the Secret that it logs in with.
func (f *fleet) addServer(i int) {
	GinkgoHelper()
	name := resellerName(i)
	auth := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: f.namespace, Name: name + "-auth"},
		Data:       map[string][]byte{"token": []byte(bootToken(i))},
	}
	Expect(admin.Create(ctx, auth)).To(Succeed())
	Expect(admin.Create(ctx, &v1alpha1.WHMServer{
		ObjectMeta: metav1.ObjectMeta{Namespace: f.namespace, Name: name},
		Spec: v1alpha1.WHMServerSpec{
			Endpoint: f.WHMURL(), CPanelEndpoint: f.CPanelURL(), TLS: &v1alpha1.ServerTLS{CABundle: string(f.CA())},
			Auth: v1alpha1.ServerAuth{APIToken: &v1alpha1.APITokenAuth{
				User: v1alpha1.UserName(name), SecretRef: v1alpha1.SecretKeyReference{Name: auth.Name},
			}},
			Limits:  &v1alpha1.ServerLimits{RequestsPerSecond: 100, MaxConcurrentRequests: 3},
			Timeout: &metav1.Duration{Duration: time.Second},
		},
	})).To(Succeed())
}

// meta and common are what every object has.
func (f *fleet) meta(kind string, i int) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: f.namespace, Name: fmt.Sprintf("%s-%02d", kind, i)}
}

func (f *fleet) common(kind string, i int) v1alpha1.CredentialSpec {
	return v1alpha1.CredentialSpec{
		ServerRef: v1alpha1.ServerReference{Name: resellerName(i)},
		Secret:    v1alpha1.SecretTarget{Name: fmt.Sprintf("%s-%02d", kind, i)},
	}
}

func (f *fleet) hash(i int) *member {
	return &member{kind: simulator.KindHash, key: "accesshash", Credential: &v1alpha1.AccessHashRotation{
		ObjectMeta: f.meta("hash", i),
		Spec:       v1alpha1.AccessHashRotationSpec{CredentialSpec: f.common("hash", i), User: resellerName(i)},
	}}
}

func (f *fleet) token(i int) *member {
	spec := v1alpha1.APITokenRotationSpec{CredentialSpec: f.common("token", i), ACLs: []v1alpha1.ACLName{"list-accts"}}
	spec.Rotation = &v1alpha1.RotationSchedule{Overlap: &metav1.Duration{Duration: time.Minute}}
	return &member{kind: simulator.KindToken, key: "token", Credential: &v1alpha1.APITokenRotation{
		ObjectMeta: f.meta("token", i), Spec: spec,
	}}
}

// password has targets of each type in turn.
func (f *fleet) password(i int) *member {
	targets := []struct {
		of   v1alpha1.PasswordTargetType
		kind simulator.Kind
		user string
	}{
		{v1alpha1.AccountPassword, simulator.KindPassword, ""},
		{v1alpha1.MailboxPassword, simulator.KindMailbox, "info@" + domainName(i)},
		{v1alpha1.FTPPassword, simulator.KindFTP, "info@" + domainName(i)},
		{v1alpha1.WebDiskPassword, simulator.KindWebDisk, "info@" + domainName(i)},
		{v1alpha1.MySQLPassword, simulator.KindMySQL, accountName(i) + "_web"},
		{v1alpha1.PostgreSQLPassword, simulator.KindPostgreSQL, accountName(i) + "_web"},
	}
	target := targets[i%len(targets)]
	return &member{kind: target.kind, key: "password", Credential: &v1alpha1.PasswordRotation{
		ObjectMeta: f.meta("password", i),
		Spec: v1alpha1.PasswordRotationSpec{CredentialSpec: f.common("password", i), Target: v1alpha1.PasswordTarget{
			Type: target.of, Account: v1alpha1.UserName(accountName(i)), User: target.user,
		}},
	}}
}

// session is kept fresh, some with a temporary database user inside.
func (f *fleet) session(i int) *member {
	return &member{kind: simulator.KindSession, key: "session", Credential: &v1alpha1.LoginSession{
		ObjectMeta: f.meta("session", i),
		Spec: v1alpha1.LoginSessionSpec{
			CredentialSpec: f.common("session", i), Service: v1alpha1.CPanelService, User: accountName(i),
			Mode: v1alpha1.SessionKeepFresh, TemporaryDatabaseUser: i%4 == 0,
		},
	}}
}

func (f *fleet) storeLogin(i int) *member {
	input := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: f.namespace, Name: fmt.Sprintf("login-token-%02d", i)}}
	Expect(admin.Create(ctx, input)).To(Succeed())
	return &member{kind: simulator.KindStoreAccess, key: "accessToken", store: input, Credential: &v1alpha1.StoreLogin{
		ObjectMeta: f.meta("store", i),
		Spec: v1alpha1.StoreLoginSpec{
			CredentialSpec: f.common("store", i), URLAfterLogin: storeReturn,
			LoginTokenSecretRef: v1alpha1.SecretKeyReference{Name: input.Name},
		},
	}}
}

func (f *fleet) twoFactor(i int) *member {
	return &member{kind: simulator.KindTOTP, key: "secret", Credential: &v1alpha1.TwoFactorRotation{
		ObjectMeta: f.meta("twofactor", i), Spec: v1alpha1.TwoFactorRotationSpec{
			CredentialSpec: f.common("twofactor", i), AcceptRisks: []v1alpha1.TwoFactorRisk{v1alpha1.RiskLoginWithoutCode},
		},
	}}
}

// rotateAll asks every object for another credential: by annotation, or with another login token.
func (f *fleet) rotateAll(round int) {
	GinkgoHelper()
	for _, m := range f.members {
		f.rotate(m, round)
	}
}

func (f *fleet) rotate(m *member, round int) {
	GinkgoHelper()
	if m.store == nil {
		edit(m.Credential, func(o controller.Credential) {
			o.SetAnnotations(map[string]string{v1alpha1.RotateAnnotation: strconv.Itoa(round)})
		})
		return
	}
	token, err := f.IssueStoreLogin("cPStore", storeReturn)
	Expect(err).NotTo(HaveOccurred())
	edit(m.store, func(s *corev1.Secret) { s.Data = map[string][]byte{"loginToken": []byte(token)} })
}

// published counts the credentials that were published so far.
func (f *fleet) published() (sum int64) {
	GinkgoHelper()
	for _, m := range f.members {
		Expect(admin.Get(ctx, keyOf(m), m.Credential)).To(Succeed())
		sum += m.CredentialStatus().Revision
	}
	return sum
}
