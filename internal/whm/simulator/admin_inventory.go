// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"fmt"
	"net/http"
)

// adminInventory serves the inventory as a whole and in parts.
func (s *Server) adminInventory(mux *http.ServeMux) {
	mux.HandleFunc("GET /inventory", func(w http.ResponseWriter, _ *http.Request) { show(w, s.Inventory()) })
	mux.HandleFunc("PUT /inventory", s.putWhole)
	part(s, mux, "hostname", func(inv *Inventory) *string { return &inv.Hostname })
	part(s, mux, "version", func(inv *Inventory) *string { return &inv.Version })
	part(s, mux, "policies", func(inv *Inventory) *Policies { return &inv.Policies })
	part(s, mux, "unverified", func(inv *Inventory) *Unverified { return &inv.Unverified })
	entries(s, mux, "users", func(inv *Inventory) map[string]User { return inv.Users })
	entries(s, mux, "accounts", func(inv *Inventory) map[string]Account {
		if inv.Accounts == nil {
			inv.Accounts = map[string]Account{}
		}
		return inv.Accounts
	})
}

func (s *Server) putWhole(w http.ResponseWriter, r *http.Request) {
	var next Inventory
	if read(w, r, &next) {
		s.change(w, func(inv *Inventory) { *inv = next })
	}
}

// change applies an update and answers with 204, or says why not.
func (s *Server) change(w http.ResponseWriter, apply func(*Inventory)) {
	if err := s.Update(apply); err != nil {
		complain(w, http.StatusUnprocessableEntity, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// part serves one member of the inventory. PUT replaces it: what is left out
// gets its default.
func part[T any](s *Server, mux *http.ServeMux, name string, of func(*Inventory) *T) {
	mux.HandleFunc("GET /inventory/"+name, func(w http.ResponseWriter, _ *http.Request) {
		show(w, of(new(s.Inventory())))
	})
	mux.HandleFunc("PUT /inventory/"+name, func(w http.ResponseWriter, r *http.Request) {
		var next T
		if read(w, r, &next) {
			s.change(w, func(inv *Inventory) { *of(inv) = next })
		}
	})
}

// entries serves users or accounts by name.
func entries[T any](s *Server, mux *http.ServeMux, kind string, of func(*Inventory) map[string]T) {
	path := " /inventory/" + kind + "/{name}"
	mux.HandleFunc("GET"+path, func(w http.ResponseWriter, r *http.Request) {
		entry, ok := of(new(s.Inventory()))[r.PathValue("name")]
		if !ok {
			complain(w, http.StatusNotFound, fmt.Errorf("%s: no %q", kind, r.PathValue("name")))
			return
		}
		show(w, entry)
	})
	mux.HandleFunc("PUT"+path, func(w http.ResponseWriter, r *http.Request) {
		var next T
		if read(w, r, &next) {
			s.change(w, func(inv *Inventory) { of(inv)[r.PathValue("name")] = next })
		}
	})
	mux.HandleFunc("DELETE"+path, func(w http.ResponseWriter, r *http.Request) {
		s.change(w, func(inv *Inventory) { delete(of(inv), r.PathValue("name")) })
	})
}
