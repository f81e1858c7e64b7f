// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

func TestRotateRequestFitsIntoTheStatus(t *testing.T) {
	t.Parallel()
	request := func(value string) string {
		r := &v1alpha1.AccessHashRotation{}
		r.Annotations = map[string]string{v1alpha1.RotateAnnotation: value}
		return rotateRequest(r)
	}
	if got := request(""); got != "" {
		t.Errorf("no request: got %q", got)
	}
	fits := strings.Repeat("x", longestRequest)
	if got := request(fits); got != fits {
		t.Errorf("a request that fits was changed to %q", got)
	}
	long := request(fits + "1")
	if len(long) > longestRequest {
		t.Errorf("got %d bytes", len(long))
	}
	if long == request(fits+"2") {
		t.Error("two long requests are taken for one")
	}
}

func TestNoteFitsIntoAnEvent(t *testing.T) {
	t.Parallel()
	for name, message := range map[string]string{
		"short": "done", "longest": strings.Repeat("x", longestNote), "long": strings.Repeat("x", longestNote+1),
		"long, cut inside a rune": strings.Repeat("é", longestNote),
	} {
		got := fitNote(message)
		if len(got) > longestNote || !utf8.ValidString(got) {
			t.Errorf("%s: %d bytes, valid: %t", name, len(got), utf8.ValidString(got))
		}
		if len(message) <= longestNote && got != message {
			t.Errorf("%s: changed", name)
		}
	}
}
