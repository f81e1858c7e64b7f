// SPDX-License-Identifier: Apache-2.0

package reference_test

import (
	"maps"
	"reflect"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

// way is what decides who may use what a field names.
type way string

const (
	// byServer: Resolver.Server finds the object, and Resolver.Permit asks its policy.
	byServer way = "server"
	// byPermit: Resolver.Permit compares it with the policy of the server.
	byPermit way = "permit"
	// byPolicy: it is part of the policy that Resolver.Permit and Resolver.Quota read.
	byPolicy way = "policy"
	// byAuth: the Secret lies where Server.AuthSecretNamespace says; the user is whose credential that Secret holds.
	byAuth way = "auth"
	// local: it is read and written in the object's own namespace, whatever server the object refers to.
	local way = "local"
	// owned: it belongs to a user that Resolver.Permit compares, and the server lets that user have no other's.
	owned way = "owned"
	// reported: the operator wrote it, and whoever may write a status could write it too. What is followed of it is
	// bounded by the object's own namespace, or by names that carry the cluster's id.
	reported way = "reported"
)

// references are all fields that name something, by kind and path.
var references = map[string]map[string]way{
	"WHMServer":          server,
	"ClusterWHMServer":   with(server, clusterServer),
	"AccessHashRotation": with(credential, map[string]way{"spec.user": byPermit}),
	"APITokenRotation":   with(credential, map[string]way{"spec.account.user": byPermit, "spec.acls": byPermit}),
	"LoginSession": with(credential, map[string]way{
		"spec.user": byPermit, "spec.mailbox.login": owned, "spec.mailbox.domain": owned,
		"spec.mailbox.passwordSecretRef.name": local,
	}),
	"PasswordRotation": with(credential, map[string]way{"spec.target.account": byPermit, "spec.target.user": owned}),
	"StoreLogin": with(credential, map[string]way{
		"spec.loginTokenSecretRef.name": local, "status.loginToken.uid": reported,
	}),
	"TwoFactorRotation": with(credential, nil),
}

var credential = map[string]way{
	"spec.serverRef.name": byServer,
	"spec.secret.name":    local,
	"spec.restart.name":   local,
	"status.secret.name":  reported,
	"status.secret.uid":   reported,
	"status.current.id":   reported,
	"status.retiring.id":  reported,
}

var server = map[string]way{
	"spec.auth.apiToken.user":              byAuth,
	"spec.auth.apiToken.secretRef.name":    byAuth,
	"spec.auth.accessHash.user":            byAuth,
	"spec.auth.accessHash.secretRef.name":  byAuth,
	"spec.auth.password.user":              byAuth,
	"spec.auth.password.secretRef.name":    byAuth,
	"spec.auth.password.otpSecretRef.name": byAuth,
	"status.user":                          reported,
	"status.orphans.names":                 reported,
	"status.leftovers.user":                reported,
	"status.leftovers.names":               reported,
	"status.leftovers.object":              reported,
}

var clusterServer = map[string]way{
	"spec.authSecretNamespace":               byAuth,
	"spec.policy.allowedNamespaces.names":    byPolicy,
	"spec.policy.allowedNamespaces.selector": byPolicy,
	"spec.policy.allowedUsers":               byPolicy,
	"spec.policy.maxACLs":                    byPolicy,
}

func with(some, more map[string]way) map[string]way {
	all := maps.Clone(some)
	maps.Copy(all, more)
	return all
}

// opaque are types of others that are looked at as one.
var opaque = map[reflect.Type]bool{
	reflect.TypeFor[metav1.Condition]():     true,
	reflect.TypeFor[metav1.Duration]():      true,
	reflect.TypeFor[metav1.LabelSelector](): true,
	reflect.TypeFor[metav1.Time]():          true,
}

// namesNothing are types whose values name nothing that could be somebody else's.
var namesNothing = map[reflect.Type]bool{
	reflect.TypeFor[metav1.Condition]():                true,
	reflect.TypeFor[metav1.Duration]():                 true,
	reflect.TypeFor[metav1.Time]():                     true,
	reflect.TypeFor[v1alpha1.AccountType]():            true,
	reflect.TypeFor[v1alpha1.AddressRange]():           true,
	reflect.TypeFor[v1alpha1.AdoptionPolicy]():         true,
	reflect.TypeFor[v1alpha1.AnnotationValue]():        true,
	reflect.TypeFor[v1alpha1.LabelValue]():             true,
	reflect.TypeFor[v1alpha1.OrphanPolicy]():           true,
	reflect.TypeFor[v1alpha1.Risk]():                   true,
	reflect.TypeFor[v1alpha1.SecretDeletionPolicy]():   true,
	reflect.TypeFor[v1alpha1.ServerKind]():             true,
	reflect.TypeFor[v1alpha1.SessionMode]():            true,
	reflect.TypeFor[v1alpha1.SessionService]():         true,
	reflect.TypeFor[v1alpha1.TemplateSource]():         true,
	reflect.TypeFor[v1alpha1.UpstreamDeletionPolicy](): true,
	reflect.TypeFor[v1alpha1.WorkloadKind]():           true,
}

// plain are fields of other text that names nothing that could be somebody else's.
var plain = map[string]bool{
	// Only whoever gives the credential away chooses where it goes.
	"WHMServerSpec.endpoint":       true,
	"WHMServerSpec.cpanelEndpoint": true,
	"ServerTLS.caBundle":           true,
	"ServerTLS.serverName":         true,

	// A key of a Secret that is registered by its name.
	"SecretKeyReference.key": true,

	"RotationSchedule.cron":      true,
	"RotationSchedule.timeZone":  true,
	"RotationWindow.cron":        true,
	"RotationWindow.timeZone":    true,
	"SecretTemplate.type":        true,
	"SecretTemplate.labels":      true,
	"SecretTemplate.annotations": true,
	"SecretTemplate.data":        true,

	// Part of names on the server, which cluster and object follow.
	"APITokenRotationSpec.namePrefix": true,

	// How a session looks, and where it is going to be opened by whoever gets it.
	"LoginSessionSpec.app":             true,
	"LoginSessionSpec.locale":          true,
	"LoginSessionSpec.preferredDomain": true,
	"WebmailMailbox.remoteAddress":     true,

	// What a password is made of, and what it opens.
	"PasswordPolicy.exclude":   true,
	"PasswordPolicy.symbolSet": true,
	"PasswordTarget.type":      true,

	// Which store, and where it sends the browser of whoever logs in.
	"StoreLoginSpec.provider":        true,
	"StoreLoginSpec.urlAfterLogin":   true,
	"StoreLoginStatus.loginURL":      true,
	"StoreLoginStatus.urlAfterLogin": true,
	"LoginTokenInfo.resourceVersion": true,
	"LoginTokenInfo.exchanged":       true,

	"TwoFactorRotationSpec.acceptRisks": true,

	"AuthenticationStatus.credential":    true,
	"CredentialInfo.fingerprint":         true,
	"CredentialStatus.lastHandledRotate": true,
	"PublishedSecret.inputs":             true,
	"PublishedSecret.resourceVersion":    true,
	"WHMServerStatus.features":           true,
	"WHMServerStatus.hostname":           true,
	"WHMServerStatus.privileges":         true,
	"WHMServerStatus.version":            true,
}
