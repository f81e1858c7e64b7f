// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// PasswordTargetType tells what a password opens.
// +kubebuilder:validation:Enum=Account;Mailbox;FTP;WebDisk;MySQL;PostgreSQL
type PasswordTargetType string

const (
	// AccountPassword opens cPanel, and what cPanel gives the account besides, such as FTP and SSH.
	AccountPassword PasswordTargetType = "Account"
	// MailboxPassword opens a mailbox by IMAP, POP3, SMTP and Webmail.
	MailboxPassword PasswordTargetType = "Mailbox"
	// FTPPassword opens an FTP account.
	FTPPassword PasswordTargetType = "FTP"
	// WebDiskPassword opens a Web Disk account. It does not work for digest authentication, as is cPanel's default.
	WebDiskPassword PasswordTargetType = "WebDisk"
	// MySQLPassword opens the databases of a MySQL or MariaDB user.
	MySQLPassword PasswordTargetType = "MySQL"
	// PostgreSQLPassword opens the databases of a PostgreSQL user.
	PostgreSQLPassword PasswordTargetType = "PostgreSQL"
)

// PasswordTarget says whose password is rotated.
//
// +kubebuilder:validation:XValidation:rule="(self.type == 'Account') != has(self.user)",message="name the mailbox, FTP, Web Disk or database user in target.user; leave it out for type Account, whose user is target.account"
// +kubebuilder:validation:XValidation:rule="!(self.type in ['Mailbox', 'FTP', 'WebDisk']) || !has(self.user) || self.user.matches('^[!-?A-~]+@[A-Za-z0-9.-]+$')",message="target.user must be an address such as info@shop.example.com"
// +kubebuilder:validation:XValidation:rule="!(self.type in ['MySQL', 'PostgreSQL']) || !has(self.user) || self.user.matches('^[A-Za-z0-9_-]+$')",message="target.user must be the name of a database user with the prefix of the account, such as shop_web"
type PasswordTarget struct {
	// type tells what the password opens.
	// +required
	Type PasswordTargetType `json:"type,omitempty"`

	// account is the cPanel account that the target is or belongs to.
	// +required
	Account UserName `json:"account,omitempty"`

	// user is the mailbox, FTP or Web Disk account as an address, such as info@shop.example.com, or the database user with
	// the prefix of the account, such as shop_web. It must exist. When omitted, the account itself (type Account).
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=254
	User string `json:"user,omitempty"`
}

// PasswordPolicy says what passwords are generated. Besides, they have letters of both cases, do not begin with a symbol, and
// are as strong as the server demands.
type PasswordPolicy struct {
	// length in characters. When omitted, 32.
	// +optional
	// +kubebuilder:default=32
	// +kubebuilder:validation:Minimum=12
	// +kubebuilder:validation:Maximum=128
	Length int32 `json:"length,omitempty"`

	// digits is how many of the characters are digits. When omitted, 6.
	// +optional
	// +kubebuilder:default=6
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=32
	Digits *int32 `json:"digits,omitempty"`

	// symbols is how many of the characters are neither letters nor digits. When omitted, 4.
	// +optional
	// +kubebuilder:default=4
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=32
	Symbols *int32 `json:"symbols,omitempty"`

	// symbolSet are the symbols to choose from. When omitted, those that need no quoting in shells, URLs and configuration
	// files: -_.~
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^[!-/:-@\\\\[-`{-~]+$')",message="must consist of printable symbols, without letters, digits and spaces"
	SymbolSet string `json:"symbolSet,omitempty"`

	// exclude are characters that do not occur, such as those that people take for each other. When omitted, none.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches('^[!-~]+$')",message="must consist of printable characters, without spaces"
	Exclude string `json:"exclude,omitempty"`
}

// PasswordRotationSpec says whose password belongs into which Secret and how often it changes.
//
// +kubebuilder:validation:XValidation:rule="self.target == oldSelf.target",message="target cannot be changed: the password belongs to it; make a new object instead"
// +kubebuilder:validation:XValidation:rule="!has(self.changeDatabasePassword) || !self.changeDatabasePassword || self.target.type == 'Account'",message="changeDatabasePassword belongs to target.type Account; leave it out"
// +kubebuilder:validation:XValidation:rule="!has(self.rotation) || !has(self.rotation.overlap)",message="a password replaces the old one at once, so rotation.overlap is not possible; leave it out"
// +kubebuilder:validation:XValidation:rule="!has(self.secret.includePrevious) || !self.secret.includePrevious",message="the previous password does not work, so secret.includePrevious is of no use; leave it out"
// +kubebuilder:validation:XValidation:rule="!has(self.deletionPolicy) || !has(self.deletionPolicy.upstream) || self.deletionPolicy.upstream != 'Revoke'",message="a password cannot be revoked, only replaced; leave deletionPolicy.upstream out"
// +kubebuilder:validation:XValidation:rule="!has(self.policy) || !has(self.policy.digits) || !has(self.policy.symbols) || !has(self.policy.length) || self.policy.digits + self.policy.symbols <= self.policy.length",message="policy.digits and policy.symbols together are longer than policy.length"
type PasswordRotationSpec struct {
	CredentialSpec `json:",inline"`

	// target says whose password is rotated. It cannot be changed.
	// +required
	Target PasswordTarget `json:"target,omitzero"`

	// changeDatabasePassword gives the account's own MySQL user the same password, which WHM does by default and this
	// operator does not. Only for target.type Account. When omitted, false.
	// +optional
	ChangeDatabasePassword bool `json:"changeDatabasePassword,omitempty"`

	// policy says what passwords are generated. When omitted, 32 characters with 6 digits and 4 of the symbols -_.~
	// +optional
	Policy *PasswordPolicy `json:"policy,omitempty"`

	// acceptRisks lists risks that are accepted by name. When omitted, none: the rotation stalls instead.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=8
	AcceptRisks []Risk `json:"acceptRisks,omitempty"`
}

// PasswordRotation keeps the password of a cPanel account, mailbox, FTP, Web Disk or database user in a Secret and replaces
// it on schedule and on demand. The old password stops working at once.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:categories=whm,shortName=pwr
// +kubebuilder:printcolumn:name="Server",type=string,JSONPath=`.spec.serverRef.name`
// +kubebuilder:printcolumn:name="Type",type=string,JSONPath=`.spec.target.type`
// +kubebuilder:printcolumn:name="Account",type=string,JSONPath=`.spec.target.account`
// +kubebuilder:printcolumn:name="User",type=string,priority=1,JSONPath=`.spec.target.user`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Revision",type=integer,JSONPath=`.status.revision`
// +kubebuilder:printcolumn:name="Last",type=date,JSONPath=`.status.lastRotationTime`
// +kubebuilder:printcolumn:name="Next",type=string,JSONPath=`.status.nextRotationTime`
// +kubebuilder:printcolumn:name="Secret",type=string,priority=1,JSONPath=`.spec.secret.name`
// +kubebuilder:printcolumn:name="Status",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:printcolumn:name="Reconciling",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Reconciling")].message`
// +kubebuilder:printcolumn:name="Suspended",type=boolean,priority=1,JSONPath=`.spec.suspend`
// +kubebuilder:selectablefield:JSONPath=`.spec.serverRef.name`
// +kubebuilder:selectablefield:JSONPath=`.spec.secret.name`
type PasswordRotation struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is the desired state.
	// +required
	Spec PasswordRotationSpec `json:"spec"`

	// status is the observed state, written by the operator. Until it is, observedGeneration is -1, which tells kstatus
	// that the object has not been looked at yet.
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status CredentialStatus `json:"status,omitzero"`
}

// PasswordRotationList is a list of PasswordRotations.
//
// +kubebuilder:object:root=true
type PasswordRotationList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []PasswordRotation `json:"items"`
}

// CredentialSpec returns the part of the spec that all credential kinds share.
func (r *PasswordRotation) CredentialSpec() *CredentialSpec { return &r.Spec.CredentialSpec }

// CredentialStatus returns the part of the status that all credential kinds share.
func (r *PasswordRotation) CredentialStatus() *CredentialStatus { return &r.Status }

// AcceptedRisks returns the risks that the spec accepts by name.
func (r *PasswordRotation) AcceptedRisks() []Risk { return r.Spec.AcceptRisks }
