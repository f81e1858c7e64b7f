// SPDX-License-Identifier: Apache-2.0

// Command whm-simulator runs a simulated WHM and cPanel server, for trying the
// operator or any other WHM client without a licence. docs/simulator.md
// describes it.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"text/tabwriter"

	"github.com/spf13/pflag"

	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// options are the flags.
type options struct {
	inventory, hostname, caFile      string
	whm, cpanel, webmail, admin      string
	plain, plainCPanel, plainWebmail string
	certificateNames                 []string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout)
	if errors.Is(err, pflag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "whm-simulator:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, args []string, out io.Writer) error {
	opts, err := parse(args)
	if err != nil {
		return err
	}
	inv, err := simulator.LoadInventory(opts.inventory)
	if err != nil {
		return err
	}
	if opts.hostname != "" {
		inv.Hostname = opts.hostname
	}
	server, err := simulator.Start(simulator.Config{
		Inventory: inv, Names: opts.certificateNames,
		WHMAddress: opts.whm, CPanelAddress: opts.cpanel, WebmailAddress: opts.webmail,
		PlainAddress: opts.plain, PlainCPanelAddress: opts.plainCPanel, PlainWebmailAddress: opts.plainWebmail,
		AdminAddress: opts.admin,
	})
	if err != nil {
		return err
	}
	defer server.Close()
	if opts.caFile != "" {
		if err := os.WriteFile(opts.caFile, server.CA(), 0o644); err != nil { //nolint:gosec // a CA certificate is public
			return fmt.Errorf("write CA: %w", err)
		}
	}
	if err := announce(out, server, opts.caFile); err != nil {
		return fmt.Errorf("print addresses: %w", err)
	}
	<-ctx.Done()
	return nil
}

func parse(args []string) (options, error) {
	var opts options
	flags := pflag.NewFlagSet("whm-simulator", pflag.ContinueOnError)
	flags.StringVar(&opts.inventory, "inventory", "", "YAML file that describes the server (required)")
	flags.StringVar(&opts.hostname, "hostname", "", "host name of the server, instead of the inventory's")
	flags.StringVar(&opts.caFile, "ca-file", "", "where to write the CA certificate in PEM")
	flags.StringSliceVar(&opts.certificateNames, "certificate-name", nil, "further host name or IP address for the certificate; may be repeated")
	flags.StringVar(&opts.whm, "listen", "127.0.0.1:2087", "address of WHM (TLS)")
	flags.StringVar(&opts.cpanel, "cpanel-listen", "127.0.0.1:2083", "address of cPanel (TLS)")
	flags.StringVar(&opts.webmail, "webmail-listen", "127.0.0.1:2096", "address of Webmail (TLS)")
	flags.StringVar(&opts.plain, "plain-listen", "", "address of WHM over plain HTTP (default: none)")
	flags.StringVar(&opts.plainCPanel, "plain-cpanel-listen", "", "address of cPanel over plain HTTP (default: none)")
	flags.StringVar(&opts.plainWebmail, "plain-webmail-listen", "", "address of Webmail over plain HTTP (default: none)")
	flags.StringVar(&opts.admin, "admin-listen", "127.0.0.1:2099", "address of the control interface; it shows secrets, so keep it on loopback")
	if err := flags.Parse(args); err != nil {
		return opts, err
	}
	if opts.inventory == "" {
		return opts, errors.New("--inventory is required: name a YAML file with at least users.root")
	}
	return opts, nil
}

// announce prints, in one write, a block that people and scripts can read: a
// name and an address per line, and nothing after it.
func announce(out io.Writer, server *simulator.Server, caFile string) error {
	inv := server.Inventory()
	lines := fmt.Appendf(nil, "Simulating %s, version %s\n", inv.Hostname, inv.Version)
	for _, line := range [][2]string{
		{"WHM", server.WHMURL()}, {"cPanel", server.CPanelURL()}, {"Webmail", server.WebmailURL()},
		{"WHM plain", server.PlainWHMURL()}, {"cPanel plain", server.PlainCPanelURL()}, {"Webmail plain", server.PlainWebmailURL()},
		{"Admin", server.AdminURL()}, {"CA file", caFile},
	} {
		if line[1] != "" {
			lines = fmt.Appendf(lines, "  %s\t%s\n", line[0], line[1])
		}
	}
	var block bytes.Buffer
	table := tabwriter.NewWriter(&block, 0, 0, 2, ' ', 0)
	if _, err := table.Write(lines); err != nil {
		return err
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := out.Write(block.Bytes())
	return err
}
