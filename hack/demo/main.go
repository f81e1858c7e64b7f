// SPDX-License-Identifier: Apache-2.0

// Command demo shows the operator at work, from a manifest to rotated tokens and access hashes, and what becomes of them
// when things go wrong. Everything in it is real but two things: the WHM servers are simulated, and no containers run in the pods.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/go-logr/logr"
	"github.com/spf13/pflag"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
)

// Exit codes. An interrupted demo says what a shell says of an interrupted program.
const (
	exitFailed      = 1
	exitInterrupted = 130
)

func main() {
	flags := pflag.NewFlagSet("demo", pflag.ContinueOnError)
	keep := flags.Bool("keep", false, "stay up after the story, until interrupted")
	switch err := flags.Parse(os.Args[1:]); {
	case errors.Is(err, pflag.ErrHelp):
		return
	case err != nil:
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(exitFailed)
	}
	// What the libraries of the control plane log is no part of the story.
	ctrl.SetLogger(logr.Discard())
	klog.SetLogger(logr.Discard())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	code := perform(ctx, newNarrator(os.Stdout), *keep)
	stop()
	os.Exit(code)
}

// perform tells the story, clears the stage and returns the exit code.
func perform(ctx context.Context, tell *narrator, keep bool) int {
	s := &story{narrator: tell}
	err := s.tellAll(ctx)
	if err == nil && keep {
		err = s.stayUp(ctx)
	}
	interrupted := ctx.Err() != nil
	if err != nil && !interrupted {
		tell.failed(err, s.managerLog())
	}
	left := s.clear()
	switch {
	case left != nil:
		tell.failed(left, "")
		return exitFailed
	case interrupted && !s.told:
		tell.line("Interrupted. Everything was stopped and removed.")
		return exitInterrupted
	case err != nil:
		return exitFailed
	}
	tell.line("Everything was stopped and removed: no process and no file is left.")
	return 0
}
