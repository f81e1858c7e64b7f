// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"maps"
	"net"
	"net/url"
	"strings"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/upstream"
	"github.com/whm-credentials/operator/internal/rotation"
	"github.com/whm-credentials/operator/internal/whm"
)

// passwordService is everything in which the types of targets differ.
type passwordService struct {
	// called is what users of it are called, with a blank behind.
	called string
	// applications under which the server says how strong a password must be, the most fitting one first.
	applications []string
	// privilege that the operator's user needs, and server role without which the service is not there; empty if none.
	privilege, role string
	// scheme and port of the service, and more default keys.
	scheme, port string
	more         map[string]string
	// exact is true if names that differ in case only are two users, as databases have it.
	exact bool
	// set makes the mutating call.
	set func(ctx context.Context, client *whm.Client, spec v1alpha1.PasswordRotationSpec, password whm.Secret) error
}

func (s passwordService) application() string { return s.applications[0] }

// cpanelPrivilege is what WHM demands of whoever calls functions of cPanel through it.
const cpanelPrivilege = "cpanel-api"

func serviceOf(target v1alpha1.PasswordTarget) passwordService { return passwordServices[target.Type] }

var passwordServices = map[v1alpha1.PasswordTargetType]passwordService{
	v1alpha1.AccountPassword: {
		applications: []string{"passwd"}, privilege: passwdPrivilege, scheme: "https", port: "2083", set: setAccountPassword,
	},
	v1alpha1.MailboxPassword: {
		called: "mailbox ", applications: []string{"pop", "virtual"}, privilege: cpanelPrivilege, role: "Receive Mail",
		scheme: "imaps", port: "993", more: map[string]string{"pop3Port": "995", "smtpPort": "465"}, set: setMailboxPassword,
	},
	v1alpha1.FTPPassword: {
		called: "FTP user ", applications: []string{"ftp", "virtual"}, privilege: cpanelPrivilege, role: "FTP",
		scheme: "ftp", port: "21", set: setFTPPassword,
	},
	v1alpha1.WebDiskPassword: {
		called: "Web Disk user ", applications: []string{"webdisk", "virtual"}, privilege: cpanelPrivilege, role: "Web Disk",
		scheme: "https", port: "2078", set: setWebDiskPassword,
	},
	v1alpha1.MySQLPassword: {
		called: "MySQL user ", applications: []string{"mysql"}, privilege: cpanelPrivilege, role: "MySQL",
		scheme: "mysql", port: "3306", exact: true, set: setMySQLPassword,
	},
	v1alpha1.PostgreSQLPassword: {
		called: "PostgreSQL user ", applications: []string{"postgres"}, privilege: cpanelPrivilege, role: "PostgreSQL",
		scheme: "postgresql", port: "5432", exact: true, set: setPostgreSQLPassword,
	},
}

func setAccountPassword(ctx context.Context, client *whm.Client, spec v1alpha1.PasswordRotationSpec, password whm.Secret) error {
	_, err := client.Passwd(ctx, string(spec.Target.Account), password, spec.ChangeDatabasePassword)
	return err
}

func setMailboxPassword(ctx context.Context, client *whm.Client, spec v1alpha1.PasswordRotationSpec, password whm.Secret) error {
	box, domain, _ := strings.Cut(spec.Target.User, "@")
	return client.PasswdPop(ctx, string(spec.Target.Account), box, domain, password)
}

func setFTPPassword(ctx context.Context, client *whm.Client, spec v1alpha1.PasswordRotationSpec, password whm.Secret) error {
	user, domain, _ := strings.Cut(spec.Target.User, "@")
	return client.FTPPasswd(ctx, string(spec.Target.Account), user, domain, password)
}

func setWebDiskPassword(ctx context.Context, client *whm.Client, spec v1alpha1.PasswordRotationSpec, password whm.Secret) error {
	return client.WebDiskSetPassword(ctx, string(spec.Target.Account), spec.Target.User, password, false)
}

func setMySQLPassword(ctx context.Context, client *whm.Client, spec v1alpha1.PasswordRotationSpec, password whm.Secret) error {
	_, err := client.MySQLSetPassword(ctx, string(spec.Target.Account), spec.Target.User, password)
	return err
}

func setPostgreSQLPassword(ctx context.Context, client *whm.Client, spec v1alpha1.PasswordRotationSpec, password whm.Secret) error {
	return client.PostgreSQLSetPassword(ctx, string(spec.Target.Account), spec.Target.User, password)
}

// Keys returns username, password and where the service is: on the host of WHM, with TLS where it has a port of its own
// for that. The account that the operator logs in as is one of WHM.
func (d *passwordDriver) Keys(obj Credential, server v1alpha1.Server, e *rotation.Entry) map[string]string {
	target := passwordOf(obj).Spec.Target
	keys := map[string]string{"username": userOf(target), passwordPart: e.Value[passwordPart]}
	if target.Type == v1alpha1.AccountPassword {
		if string(target.Account) != upstream.User(server) {
			addEndpoint(keys, upstream.CPanelEndpoint(server))
		}
		return keys
	}
	service := serviceOf(target)
	host, _ := upstream.HostPort(server)
	u := url.URL{Scheme: service.scheme, Host: net.JoinHostPort(host, service.port)}
	addEndpoint(keys, u.String())
	maps.Copy(keys, service.more)
	return keys
}
