// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// adminLedger serves the ledger as a whole and its lists with filters.
func (s *Server) adminLedger(mux *http.ServeMux) {
	mux.HandleFunc("GET /ledger", func(w http.ResponseWriter, _ *http.Request) { show(w, s.Ledger()) })
	mux.HandleFunc("GET /ledger/sessionLog", func(w http.ResponseWriter, _ *http.Request) { show(w, s.Ledger().SessionLog) })
	mux.HandleFunc("GET /ledger/calls", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		after, _ := strconv.Atoi(q.Get("after")) // anything else means from the start
		show(w, keep(s.Ledger().Calls, func(c Call) bool {
			return (wants(q, "function", c.Function) || wants(q, "function", c.CarriedBy)) && wants(q, "user", c.User) &&
				wants(q, "mutating", strconv.FormatBool(c.Mutating)) &&
				wants(q, "applied", strconv.FormatBool(c.Applied)) && c.ID > after
		}))
	})
	mux.HandleFunc("GET /ledger/credentials", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		show(w, keep(s.Ledger().Credentials, func(c Credential) bool {
			return wants(q, "kind", string(c.Kind)) && wants(q, "user", c.User) &&
				wants(q, "name", c.Name) && wants(q, "live", strconv.FormatBool(c.Live))
		}))
	})
	mux.HandleFunc("GET /ledger/failedLogins", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		show(w, keep(s.Ledger().FailedLogins, func(f FailedLogin) bool {
			return wants(q, "user", f.User) && wants(q, "kind", string(f.Kind)) && wants(q, "cause", f.Cause)
		}))
	})
}

// wants reports whether a value passes the filter of that name; a filter that
// is not given passes everything.
func wants(q url.Values, name, value string) bool {
	return !q.Has(name) || q.Get(name) == value
}

func keep[T any](list []T, wanted func(T) bool) []T {
	return slices.DeleteFunc(list, func(entry T) bool { return !wanted(entry) })
}
