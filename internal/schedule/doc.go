// Package schedule answers when a credential is to be replaced: after an
// interval or by a cron expression, inside maintenance windows, and spread by a
// jitter that belongs to the object and not to the moment.
//
// Every function is pure. The same schedule, instant of the last rotation and
// seed give the same answer in every process, so a restart neither repeats nor
// skips a rotation and needs no stored timer. All results are in UTC and, unless
// they are a caller's own "now", on whole seconds: a status that stores seconds
// loses nothing.
//
// # Cron
//
// Expressions have the five standard fields (minute, hour, day of month, month,
// day of week) or one of @hourly, @daily, @midnight, @weekly, @monthly, @yearly
// and @annually. A day matches as in cron(5) and Kubernetes CronJobs: where both
// day fields are restricted, either is enough. They are matched against the
// wall clock of their time zone; its database is built in, so images without
// one work too.
//
// # Clock changes
//
// A wall-clock time that is skipped happens at the first instant after the gap,
// once, however many of them the gap swallows. A wall-clock time that occurs
// twice counts the first time only; an hourly expression therefore pauses for
// the repeated hour.
//
// # Jitter
//
// The seed (an object's UID) chooses a fraction once and for all. An interval is
// shortened by it, by at most 10 % and at most [MaxIntervalJitter], so a
// credential never gets older than the interval unless a window holds it back. A
// cron match is delayed by it, by at most 10 % of the gap to the following match
// and at most [MaxDelay], and never past the end of the window it lies in. What
// was moved to the opening of a window is spread the same way over the first
// tenth of that window. The first rotation of an object is not jittered.
package schedule
