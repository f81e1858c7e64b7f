// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// adminHandler is the control interface: JSON over plain HTTP. It shows
// secrets in /inventory and asks for no credential, so it belongs on loopback.
func (s *Server) adminHandler() http.Handler {
	mux := http.NewServeMux()
	s.adminInventory(mux)
	s.adminLedger(mux)
	mux.HandleFunc("GET /addresses", func(w http.ResponseWriter, _ *http.Request) { show(w, s.addresses()) })
	mux.HandleFunc("GET /ca", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-pem-file")
		_, _ = w.Write(s.CA())
	})
	mux.HandleFunc("GET /switches", func(w http.ResponseWriter, _ *http.Request) { show(w, Switches()) })
	mux.HandleFunc("GET /faults", func(w http.ResponseWriter, _ *http.Request) { show(w, s.Faults()) })
	mux.HandleFunc("POST /faults", s.adminAddFault)
	mux.HandleFunc("DELETE /faults", func(w http.ResponseWriter, _ *http.Request) {
		s.ClearFaults()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("DELETE /faults/{id}", s.adminRemoveFault)
	mux.HandleFunc("GET /clock", func(w http.ResponseWriter, _ *http.Request) { show(w, s.clockState()) })
	mux.HandleFunc("POST /clock", s.adminClock)
	s.adminStore(mux)
	mux.HandleFunc("POST /authenticates", s.adminAuthenticates)
	mux.HandleFunc("DELETE /cphulk", func(w http.ResponseWriter, _ *http.Request) {
		s.ForgetFailures()
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}

func (s *Server) addresses() map[string]string {
	addresses := map[string]string{
		"whm": s.WHMURL(), "cpanel": s.CPanelURL(), "webmail": s.WebmailURL(), "admin": s.AdminURL(),
	}
	for name, address := range map[string]string{
		"plainWHM": s.PlainWHMURL(), "plainCPanel": s.PlainCPanelURL(), "plainWebmail": s.PlainWebmailURL(),
	} {
		if address != "" {
			addresses[name] = address
		}
	}
	return addresses
}

func (s *Server) adminAddFault(w http.ResponseWriter, r *http.Request) {
	var f Fault
	if !read(w, r, &f) {
		return
	}
	id, err := s.AddFault(f)
	if err != nil {
		complain(w, http.StatusBadRequest, err)
		return
	}
	show(w, map[string]FaultID{"id": id})
}

func (s *Server) adminRemoveFault(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.Atoi(r.PathValue("id"))
	if err != nil || !s.RemoveFault(FaultID(id)) {
		complain(w, http.StatusNotFound, fmt.Errorf("no fault %q", r.PathValue("id")))
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// clockState is the body of GET /clock.
type clockState struct {
	Now    time.Time `json:"now"`
	Offset string    `json:"offset"`
}

func (s *Server) clockState() clockState {
	return clockState{Now: s.Now(), Offset: s.clock.currentOffset().String()}
}

func (s *Server) adminClock(w http.ResponseWriter, r *http.Request) {
	var move struct {
		Advance Duration  `json:"advance"`
		Set     time.Time `json:"set"`
	}
	if !read(w, r, &move) {
		return
	}
	if !move.Set.IsZero() {
		s.SetTime(move.Set)
	}
	s.Advance(time.Duration(move.Advance))
	show(w, s.clockState())
}

func (s *Server) adminAuthenticates(w http.ResponseWriter, r *http.Request) {
	var question struct {
		User  string `json:"user"`
		Kind  Kind   `json:"kind"`
		Value string `json:"value"`
	}
	if read(w, r, &question) {
		show(w, map[string]bool{"authenticates": s.Authenticates(question.User, question.Kind, question.Value)})
	}
}

// show writes a JSON answer for people to read.
func show(w http.ResponseWriter, value any) {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		complain(w, http.StatusInternalServerError, err)
		return
	}
	w.Header().Set("Content-Type", contentJSON)
	_, _ = w.Write(append(text, '\n'))
}

func complain(w http.ResponseWriter, status int, err error) {
	w.Header().Set("Content-Type", contentJSON)
	w.WriteHeader(status)
	_, _ = w.Write(append(encode(object{"error": err.Error()}), '\n'))
}

// read decodes a JSON body strictly, or answers with what is wrong.
func read(w http.ResponseWriter, r *http.Request, into any) bool {
	text, err := io.ReadAll(io.LimitReader(r.Body, maxForm))
	if err == nil {
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.DisallowUnknownFields()
		err = decoder.Decode(into)
	}
	if err != nil {
		complain(w, http.StatusBadRequest, err)
	}
	return err == nil
}
