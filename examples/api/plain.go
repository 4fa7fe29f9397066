//go:build !extra

package main

import "github.com/go-chi/chi/v5"

func extraRoutes(chi.Router) {}
