package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAddAndShow(t *testing.T) {
	c, err := loadConfig("")
	if err != nil {
		t.Fatal(err)
	}
	h := routes(c)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/notes", strings.NewReader(`{"text":"buy milk"}`)))
	if w.Code != http.StatusCreated {
		t.Fatalf("POST /notes: %d", w.Code)
	}
	for path, want := range map[string]string{"/notes": "buy milk", "/": "buy milk", "/metrics": "notes_added_total 1"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("GET %s: no %q in %q", path, want, w.Body.String())
		}
	}
}
