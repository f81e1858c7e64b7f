// SPDX-License-Identifier: Apache-2.0

package names_test

import (
	"strings"
	"testing"

	"github.com/whm-credentials/operator/internal/controller/names"
)

func TestTokenNames(t *testing.T) {
	t.Parallel()
	o := names.Of(names.ClusterID("kube-system"), "object")
	for _, prefix := range []string{"whm", "w", "a-b_c", strings.Repeat("p", 12), names.LifelinePrefix} {
		name := o.Token(prefix, 9_999_999, 9_999)
		if len(name) > 50 {
			t.Errorf("%s has %d characters, WHM takes 50", name, len(name))
		}
		if !o.Owns(name) {
			t.Errorf("%s is not taken for the object's own", name)
		}
		if parsed, ok := names.Parse(name); !ok || parsed != o {
			t.Errorf("Parse(%s) = %v, %t", name, parsed, ok)
		}
	}
}

func TestForeignNames(t *testing.T) {
	t.Parallel()
	o := names.Of("cluster1", "object")
	for _, name := range []string{
		"", "whm", "backup", "whm-cluster1-r1a1", "whm-cluster1-0123456789ab-r1", o.Token("whm", 1, 1) + "-old",
		names.Of("cluster2", "object").Token("whm", 1, 1), names.Of("cluster1", "other").Token("whm", 1, 1),
		strings.TrimPrefix(o.Token("whm", 1, 1), "whm"),
	} {
		if o.Owns(name) {
			t.Errorf("%q is taken for the object's own", name)
		}
	}
}

func TestLifelines(t *testing.T) {
	t.Parallel()
	o := names.Of("cluster1", "object")
	if !names.IsLifeline(o.Token(names.LifelinePrefix, 1, 1)) || names.IsLifeline(o.Token("whm", 1, 1)) {
		t.Error("lifelines are not told from other tokens")
	}
}
