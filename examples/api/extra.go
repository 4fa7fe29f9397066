//go:build extra

package main

import (
	"net/http/pprof"

	"github.com/go-chi/chi/v5"
)

// extraRoutes adds the profiler's pages: build with -tags extra.
func extraRoutes(r chi.Router) {
	r.HandleFunc("/debug/pprof/*", pprof.Index)
	r.HandleFunc("/debug/pprof/profile", pprof.Profile)
}
