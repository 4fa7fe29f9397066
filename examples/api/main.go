// Command api is a small notes service: JSON over HTTP, configured by YAML, watched by Prometheus.
package main

import (
	"embed"
	"encoding/json"
	"flag"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"text/template"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"gopkg.in/yaml.v3"
)

//go:embed web
var web embed.FS

// page is executed by text/template, which calls methods by name: the linker must keep every exported method of every used type.
var page = template.Must(template.ParseFS(web, "web/index.html"))

type config struct {
	Listen string        `yaml:"listen"`
	Title  string        `yaml:"title"`
	Limit  int           `yaml:"limit"`
	Wait   time.Duration `yaml:"wait"`
}

type note struct {
	ID      uuid.UUID `json:"id"`
	Text    string    `json:"text"`
	Created time.Time `json:"created"`
}

// Age is called by the template only.
func (n note) Age() time.Duration { return time.Since(n.Created).Round(time.Second) }

type server struct {
	config config
	mu     sync.Mutex
	notes  []note
	added  prometheus.Counter
}

func loadConfig(path string) (config, error) {
	c := config{Listen: "127.0.0.1:8080", Title: "Notes", Limit: 1000, Wait: 5 * time.Second}
	if path == "" {
		return c, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return c, err
	}
	return c, yaml.Unmarshal(text, &c)
}

func (s *server) list(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(s.notes); err != nil {
		slog.Error("list", "error", err)
	}
}

func (s *server) add(w http.ResponseWriter, r *http.Request) {
	var n note
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16)).Decode(&n); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	n.ID, n.Created = uuid.New(), time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.notes) >= s.config.Limit {
		http.Error(w, "full", http.StatusInsufficientStorage)
		return
	}
	s.notes = append(s.notes, n)
	s.added.Inc()
	w.WriteHeader(http.StatusCreated)
}

func (s *server) index(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := page.Execute(w, map[string]any{"Title": s.config.Title, "Notes": s.notes}); err != nil {
		slog.Error("index", "error", err)
	}
}

func routes(c config) http.Handler {
	registry := prometheus.NewRegistry()
	s := &server{config: c, notes: []note{}, added: prometheus.NewCounter(prometheus.CounterOpts{Name: "notes_added_total", Help: "Notes added."})}
	registry.MustRegister(s.added)
	r := chi.NewRouter()
	r.Use(middleware.Recoverer, middleware.Timeout(c.Wait))
	r.Get("/", s.index)
	r.Get("/notes", s.list)
	r.Post("/notes", s.add)
	r.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	extraRoutes(r)
	return r
}

func main() {
	path := flag.String("config", "", "YAML file")
	flag.Parse()
	c, err := loadConfig(*path)
	if err != nil {
		slog.Error("config", "error", err)
		os.Exit(1)
	}
	slog.Info("listening", "address", c.Listen)
	slog.Error("stopped", "error", http.ListenAndServe(c.Listen, routes(c)))
}
