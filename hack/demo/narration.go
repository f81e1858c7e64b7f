// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"
)

// Escape sequences; empty without a terminal.
const (
	bold  = "\x1b[1m"
	green = "\x1b[32m"
	red   = "\x1b[31m"
	faint = "\x1b[2m"
	plain = "\x1b[0m"
)

// narrator prints the story.
type narrator struct {
	out      io.Writer
	colour   bool
	begun    time.Time
	chapters int
	checks   int
	measured []measurement
}

// measurement is a time that the summary shows.
type measurement struct {
	what string
	took time.Duration
}

// newNarrator prints colours if the file is a terminal and NO_COLOR is not set.
func newNarrator(file *os.File) *narrator {
	info, err := file.Stat()
	terminal := err == nil && info.Mode()&os.ModeCharDevice != 0
	return &narrator{out: file, colour: terminal && os.Getenv("NO_COLOR") == "", begun: time.Now()}
}

func (n *narrator) paint(code, text string) string {
	if !n.colour {
		return text
	}
	return code + text + plain
}

func (n *narrator) line(format string, args ...any) { fmt.Fprintf(n.out, format+"\n", args...) }

// chapter begins a chapter.
func (n *narrator) chapter(title string) {
	n.chapters++
	n.line("\n%s", n.paint(bold, fmt.Sprintf("%d. %s", n.chapters, title)))
}

// did says what the demo did.
func (n *narrator) did(format string, args ...any) { n.line("   > "+format, args...) }

// saw says what was checked and found to be so.
func (n *narrator) saw(format string, args ...any) {
	n.checks++
	n.line("   %s "+format, append([]any{n.paint(green, "✓")}, args...)...)
}

// note adds a line of explanation.
func (n *narrator) note(format string, args ...any) {
	n.line("     %s", n.paint(faint, fmt.Sprintf(format, args...)))
}

// measure keeps a time for the summary and returns how it reads.
func (n *narrator) measure(what string, since time.Time) string {
	took := time.Since(since)
	n.measured = append(n.measured, measurement{what, took})
	return readable(took)
}

// table prints rows in columns.
func (n *narrator) table(rows [][]string) {
	table := tabwriter.NewWriter(n.out, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(table, "     "+strings.Join(row, "\t"))
	}
	_ = table.Flush() // nobody is left to tell when the terminal goes away
}

// summary ends the story.
func (n *narrator) summary() {
	n.line("\n%s", n.paint(bold, "Summary"))
	rows := make([][]string, 0, len(n.measured))
	for _, m := range n.measured {
		rows = append(rows, []string{m.what, readable(m.took)})
	}
	n.table(rows)
	n.line("   %s all %d checks hold; the story took %s", n.paint(green, "✓"), n.checks, readable(time.Since(n.begun)))
}

// failed says which check does not hold, with the end of the manager's log.
func (n *narrator) failed(err error, log string) {
	n.line("   %s %v", n.paint(red, "✗"), err)
	if log != "" {
		n.line("\nThe end of the manager's log:\n%s", log)
	}
}

func readable(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}
