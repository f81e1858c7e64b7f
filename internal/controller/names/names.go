// SPDX-License-Identifier: Apache-2.0

// Package names makes and reads the names of what the operator creates upstream. WHM refuses a second token of a name, so
// the name is the idempotency key of its creation, and it tells the tokens of this cluster and of an object from all
// others.
package names

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/types"
)

// LifelinePrefix begins the names of lifeline tokens.
const LifelinePrefix = "whm-lifeline"

const (
	clusterLength = 8
	objectLength  = 12
)

// ClusterForm is what a cluster's id looks like.
var ClusterForm = regexp.MustCompile(`^[a-z0-9]{1,8}$`)

// ClusterID makes the id of a cluster from a UID, that of its namespace kube-system as a rule.
func ClusterID(uid types.UID) string { return digest(uid, clusterLength) }

func digest(uid types.UID, length int) string {
	sum := sha256.Sum256([]byte(uid))
	return hex.EncodeToString(sum[:])[:length]
}

// Object is the cluster and object part of a name.
type Object struct {
	// Cluster is the id of the cluster.
	Cluster string
	// Hash is a digest of the object's UID.
	Hash string
}

// Of returns the part of the names of an object's tokens that is the object's own.
func Of(cluster string, uid types.UID) Object {
	return Object{Cluster: cluster, Hash: digest(uid, objectLength)}
}

// String returns the part as it stands in names, with the dashes around it.
func (o Object) String() string { return "-" + o.Cluster + "-" + o.Hash + "-" }

// Token returns the name of one token. With a prefix of at most 12 characters it has at most the 50 that WHM allows up to
// revision 9999999 and attempt 9999.
func (o Object) Token(prefix string, revision int64, attempt int) string {
	return fmt.Sprintf("%s%sr%da%d", prefix, o, revision, attempt)
}

// Owns tells whether a name is one of the object's, whatever its prefix.
func (o Object) Owns(name string) bool {
	if !strings.Contains(name, o.String()) {
		// Servers have many tokens, and the full form costs more to look at.
		return false
	}
	parsed, ok := Parse(name)
	return ok && parsed == o
}

var form = regexp.MustCompile(`^[A-Za-z0-9_-]+-([a-z0-9]{1,8})-([0-9a-f]{12})-r[0-9]+a[0-9]+$`)

// Parse returns whose name it is; false if it is none that the operator makes.
func Parse(name string) (Object, bool) {
	m := form.FindStringSubmatch(name)
	if m == nil {
		return Object{}, false
	}
	return Object{Cluster: m[1], Hash: m[2]}, true
}

// IsLifeline tells whether a name is that of a lifeline.
func IsLifeline(name string) bool { return strings.HasPrefix(name, LifelinePrefix+"-") }
