// SPDX-License-Identifier: Apache-2.0

package rotation

// Class says what upstream does with a credential when its successor is issued, and so how a lost answer is recovered.
type Class string

const (
	// Replacing credentials exist once; the successor replaces them, and upstream lets its value be read again. A lost
	// answer is recovered by reading.
	Replacing Class = "Replacing"
	// Additive credentials exist side by side under names, and upstream shows the value once. A credential whose answer was
	// lost is revoked by its name, and the next name is tried.
	Additive Class = "Additive"
	// Chosen credentials exist once, and the operator knows the value before it sets it. It is written down with the
	// intention, so a lost answer needs no recovery: the same value is set again.
	Chosen Class = "Chosen"
	// Ephemeral credentials end by themselves soon. One whose answer was lost is left to, and another one is asked for.
	Ephemeral Class = "Ephemeral"
	// OneShot credentials are given once for an input that a person obtained, such as a login token. Whatever becomes of
	// the answer, the same input is never used again.
	OneShot Class = "OneShot"
)

// Overlaps tells whether a credential keeps working when its successor is issued.
func (c Class) Overlaps() bool { return c == Additive }

// MostLive is how many credentials of one object may work upstream at a time: the published one, the one before, and
// either one more that still overlaps or the one that is being issued.
const MostLive = 3
