package schedule

import (
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// MaxIntervalJitter bounds how much earlier than Every a rotation is due.
const MaxIntervalJitter = time.Hour

// MaxDelay bounds how much later than a cron match or the opening of a window a
// rotation is due.
const MaxDelay = 5 * time.Minute

// share is a place in [0, 1) that belongs to a seed. A digest spreads UIDs that
// differ in one character as evenly as any others.
type share float64

func shareOf(seed string) share {
	sum := sha256.Sum256([]byte(seed))
	const mantissa = 53
	return share(binary.BigEndian.Uint64(sum[:])>>(64-mantissa)) / (1 << mantissa)
}

// of returns the share of d, on whole seconds and below d.
func (f share) of(d time.Duration) time.Duration {
	return time.Duration(float64(f) * float64(d)).Truncate(time.Second)
}

// interval returns by how much an interval is shortened.
func (f share) interval(every time.Duration) time.Duration {
	return f.of(min(every/10, MaxIntervalJitter))
}

// within returns the instant in the first tenth of an opening at which an object
// that waited for it is due.
func (f share) within(st stretch) time.Time {
	return st.start.Add(f.of(min(st.end.Sub(st.start)/10, MaxDelay)))
}
