// What pages do not show: other files, other ways to write the trouble and the cure, and where a rule must not speak.
import { describe, expect, it } from "vitest";
import type { ProgramFacts } from "../../../src/advice/audit/project.ts";
import { findingsOf, PROGRAM } from "./project.ts";

type Files = Readonly<Record<string, string>>;

interface Case {
  readonly what: string;
  readonly code: string;
  readonly fires?: readonly Files[];
  readonly quiet?: readonly Files[];
}

const docker = (...lines: string[]): Files => ({ Dockerfile: `${lines.join("\n")}\n` });
const make = (...lines: string[]): Files => ({ Makefile: `${lines.join("\n")}\n` });
const script = (...lines: string[]): Files => ({ "build.sh": `${lines.join("\n")}\n` });
const gitlab = (...lines: string[]): Files => ({ ".gitlab-ci.yml": `${lines.join("\n")}\n` });
const steps = (...lines: string[]): Files => ({
  ".github/workflows/ci.yml": [
    "on: workflow_dispatch",
    "jobs:",
    "  ci:",
    "    runs-on: ubuntu-latest",
    "    steps:",
    ...lines.map((line) => `      ${line}`),
    "",
  ].join("\n"),
});
const on = (...lines: string[]): Files => ({
  ".github/workflows/ci.yml": [
    "on:",
    ...lines.map((line) => `  ${line}`),
    "jobs:",
    "  ci:",
    "    runs-on: self-hosted",
    "    steps: [{ run: go test ./... }]",
    "",
  ].join("\n"),
});

const release = (trigger: string): Files => ({
  ".github/workflows/release.yml": [
    "on:",
    `  ${trigger}`,
    "jobs:",
    "  release:",
    "    runs-on: ubuntu-latest",
    "    steps:",
    "      - uses: actions/setup-go@v5",
    "        with: { cache: false }",
    "      - uses: goreleaser/goreleaser-action@v6",
    "",
  ].join("\n"),
});

const RELEASER: Files = { ".goreleaser.yaml": "builds:\n  - id: app\n    flags: [-trimpath]\n" };

const CASES: readonly Case[] = [
  {
    what: "what is shipped",
    code: "B001",
    fires: [
      { ...RELEASER, ...make("dist:", "\tGOOS=linux go build -o app .") },
      { ...RELEASER, ...docker("FROM golang", "RUN ./build.sh"), ...script("go build -o app .") },
      { ...RELEASER, ...docker("FROM golang", "RUN make"), ...make("all:", "\tgo build -o app .") },
      { ...make("all:", "\tgo build -o app example.com/app/cmd/app"), "go.mod": "module example.com/app\n" },
      script("for p in a b; do", "  go install ./cmd/$p", "done"),
      { ".goreleaser.yaml": 'builds:\n  - id: app\n    ldflags: ["-X main.v={{ .Version }}"]\n' },
      { ".goreleaser.yaml": 'builds:\n  - id: app\n    ldflags: ["-X {{ .Env.A }}"]\n' },
    ],
    quiet: [
      // goreleaser and ko make what is shipped, these are for developers
      { ...RELEASER, ...make("all:", "\tgo build -o app .") },
      { ...RELEASER, "Taskfile.yml": "tasks:\n  build:\n    cmds: [go install ./cmd/app]\n" },
      { ...script("go build -o app ."), ".ko.yaml": "defaultLdflags: [-s]\n" },
      { ...RELEASER, ...docker("FROM golang", "RUN ./scripts/test.sh"), ...script("go build -o app .") },
      // tools and helpers of tests
      { ...script("go build -o bin/tool example.org/tool/cmd/tool"), "go.mod": "module example.com/app\n" },
      script("for p in example.org/a/b example.org/c/d; do", '  go install "$p"', "done"),
      script("go install tool"),
      script("go build -o bin/md2man ./vendor/example.org/md2man"),
      script("go build -o bin/gen ./hack/gen"),
      script("go install ./internal/test/helper"),
      { "e2e/run.sh": "go build -o app .\n" },
      { "test/.ko.yaml": "builds:\n  - id: app\n" },
      // whoever calls may give any flag
      { ".goreleaser.yaml": 'builds:\n  - id: app\n    ldflags: ["{{ .Env.LDFLAGS }}"]\n' },
      { ".ko.yaml": 'builds:\n  - id: app\n    ldflags: ["-extldflags -static", "{{.Env.LDFLAGS}}"]\n' },
    ],
  },
  {
    what: "flags of goreleaser that are templates",
    code: "B002",
    fires: [{ ".goreleaser.yaml": 'builds:\n  - id: app\n    flags: [-tags, "{{ .Env.TAGS }}"]\n' }],
    quiet: [{ ".goreleaser.yaml": 'builds:\n  - id: app\n    flags: ["{{ .Env.FLAGS }}"]\n' }],
  },
  {
    what: "processors of other machines",
    code: "B003",
    fires: [script("GOARCH=amd64 go build -o app ."), script("for a in x y; do GOARCH=$a go build -o app .; done")],
    quiet: [script("GOARCH=s390x go build -o app ."), { "test/.goreleaser.yaml": "builds:\n  - id: app\n" }],
  },
  {
    what: "programs without archives",
    code: "B007",
    fires: [
      { ".goreleaser.yaml": "builds:\n  - id: app\narchives:\n  - formats: [binary]\n  - formats: [zip]\n" },
      { ".goreleaser.yaml": "builds:\n  - id: app\narchives:\n  - id: x\n" },
    ],
    quiet: [
      { ".goreleaser.yaml": "builds:\n  - id: app\narchives:\n  - formats: [binary]\n" },
      { ".goreleaser.yaml": "builds:\n  - id: app\narchives:\n  - format: binary\n" },
    ],
  },
  {
    what: "ldflags in every place",
    code: "B001",
    fires: [
      make("all:", "\tgo build -ldflags '-X main.v=1' -o app ."),
      make("FLAGS = -trimpath", "all:", "\t$(GO) build $(FLAGS) -o app ."),
      script("go install ./cmd/app"),
      script('sh -c "go build -o app ."'),
      script("for p in a b; do", "  go build -o bin/$p ./cmd/$p", "done"),
      steps("- run: go build -o app .", "- uses: actions/upload-artifact@v4"),
      steps("- run: go build -o app . && gh release upload v1 app"),
      docker("FROM golang", "RUN git clone https://example.org/lib", "COPY . .", "RUN go build -o /app ."),
      docker(
        "FROM golang AS src",
        "RUN git fetch",
        "FROM golang",
        "RUN --mount=type=bind,target=. --mount=from=src,target=/x go build -o /app .",
      ),
      gitlab("build:", "  script: [go build -o app .]"),
      { "Taskfile.yml": "tasks:\n  build:\n    cmds: [go build -o app .]\n" },
      { ".ko.yaml": "defaultBaseImage: gcr.io/distroless/static\n" },
      { ".ko.yaml": "builds:\n  - id: app\n    ldflags: [-X main.v=1]\n" },
      docker("FROM golang", 'RUN ["go", "build", "-o", "/app"]'),
      docker("FROM golang", "RUN <<EOF", "go build -o /app .", "EOF"),
    ],
    quiet: [
      make("LDFLAGS := -X main.v=1", "LDFLAGS += -s -w", "all:", '\tgo build -ldflags "$(LDFLAGS)" -o app .'),
      make("all:", "\tgo build $(EXTRA_FLAGS) -o app ."),
      make("all:", '\tgo build -ldflags "$(LDFLAGS)" -o app .'),
      script("export GOFLAGS='-ldflags=-s -trimpath'", "go build -o app ."),
      script("go build -o app .", "strip app"),
      script("go build -race -o app ."),
      script("go build -gcflags='all=-N -l' -o app ."),
      script("go build ./..."),
      script("go build -o /dev/null ."),
      script("go install golang.org/x/tools/cmd/stringer@v0.30.0"),
      script("echo go build -o app .", "# go build -o app .", "cat <<EOF", "go build -o app .", "EOF"),
      steps("- run: go build .", "- uses: actions/upload-artifact@v4"),
      // nothing leaves the runner
      steps("- run: go build -o app ."),
      // programs of other repositories
      script("git clone https://example.org/tool .", "go build -o tool ."),
      docker("FROM golang AS tool", "RUN git clone https://example.org/tool . && go build -o /tool ."),
      docker(
        "FROM golang AS src",
        "RUN git fetch",
        "FROM golang",
        "RUN --mount=from=src,target=/x go build -o /tool .",
      ),
      { "Taskfile.yml": "vars: { FLAGS: -s -w }\ntasks:\n  build: go build -ldflags='{{.FLAGS}}' -o app .\n" },
      { ".goreleaser.yaml": "builds:\n  - id: app\n" },
      { ".ko.yaml": "defaultLdflags: [-s, -w]\n" },
    ],
  },
  {
    what: "trimpath in GOFLAGS",
    code: "B002",
    quiet: [
      docker("FROM golang", "ENV GOFLAGS=-trimpath", "RUN go build -o /app ."),
      { ".goreleaser.yaml": "env: [GOFLAGS=-trimpath]\nbuilds:\n  - id: app\n" },
      { ".goreleaser.yaml": "builds:\n  - builder: zig\n" },
    ],
  },
  {
    what: "cgo",
    code: "B003",
    fires: [
      script("CGO_ENABLED=1 go build -o app ."),
      docker("FROM golang:1.26-alpine", "RUN apk add gcc musl-dev", "RUN go build -o /app ."),
    ],
    quiet: [
      script("export CGO_ENABLED=0", "go build -o app ."),
      script("env CGO_ENABLED=0 go build -o app ."),
      script("GOOS=windows go build -o app.exe ."),
      script("go build -tags netgo,osusergo -o app ."),
      docker("FROM golang:1.26-alpine", "RUN go build -o /app ."),
      docker("FROM golang", "ARG CGO_ENABLED", "RUN go build -o /app ."),
    ],
  },
  {
    what: "UPX",
    code: "B004",
    fires: [script("upx -9 app"), { ".goreleaser.yaml": "upx: [{ enabled: true }]\n" }],
    quiet: [script("upx -t app"), { ".goreleaser.yaml": "upx: [{ enabled: false }]\n" }],
  },
  {
    what: "queues of targets",
    code: "B005",
    fires: [
      script("GOOS=linux go build -o a .", "GOOS=darwin go build -o b .", "GOOS=windows go build -o c ."),
      script("for t in linux/amd64 darwin/arm64; do", "  GOOS=${t%/*} GOARCH=${t#*/} go build -o $t .", "done"),
      script("for os in linux darwin; do", "export GOOS=$os", "go build -o a .", "done"),
    ],
    quiet: [
      script("GOOS=linux go build -o a .", "GOOS=darwin go build -o b ."),
      script("for os in linux darwin; do", "  GOOS=$os go build -o $os . &", "done"),
      script("for p in a b; do go build -o $p ./cmd/$p; done"),
      make(
        "linux:",
        "\tGOOS=linux go build -o a .",
        "darwin:",
        "\tGOOS=darwin go build -o b .",
        "windows:",
        "\tGOOS=windows go build -o c .",
      ),
    ],
  },
  {
    what: "GOAMD64",
    code: "B006",
    fires: [
      script("for v in v1 v3; do", "  GOAMD64=$v go build -o app-$v .", "done"),
      script("GOAMD64=v1 go build -o a .", "GOAMD64=v3 go build -o b ."),
      {
        ".github/workflows/r.yml":
          "on: workflow_dispatch\njobs:\n  r:\n    strategy: { matrix: { goamd64: [v1, v3] } }\n",
      },
    ],
    quiet: [script("GOAMD64=v2 go build -o a .")],
  },
  {
    what: "archives",
    code: "B007",
    fires: [
      script("go build -o app .", "zip app.zip app"),
      script("go build -o app .", "gzip -9 app"),
      script("go build -o app .", "tar czf app.tgz app"),
      {
        ".goreleaser.yaml":
          'builds:\n  - mod_timestamp: "{{ .CommitTimestamp }}"\nuniversal_binaries:\n  - replace: true\n',
      },
    ],
    quiet: [
      script("tar czf docs.tgz docs"),
      script("go build -o app .", "tar xzf tools.tgz"),
      script(
        "go build -o app .",
        "zip -X app.zip app",
        "gzip -9n app",
        "gzip < app > app.gz",
        "gunzip x.gz",
        "gzip -d y.gz",
      ),
    ],
  },
  {
    what: "caches of GitLab",
    code: "C001",
    fires: [
      gitlab("test:", "  script: [go test ./...]"),
      gitlab("test:", "  cache: { paths: [.cache] }", "  script: go test ./..."),
    ],
    quiet: [
      gitlab(
        "variables: { GOCACHE: $CI_PROJECT_DIR/.cache }",
        ".go:",
        "  cache: { key: go, paths: [.cache] }",
        "test:",
        "  extends: .go",
        "  script: [go test ./...]",
      ),
      gitlab(
        "default: { cache: { key: go, paths: [.cache] } }",
        "test:",
        "  script: [export GOCACHE=$PWD/.cache, go test ./...]",
      ),
      gitlab("docs:", "  script: [mkdocs]"),
    ],
  },
  {
    what: "caches of GitHub",
    code: "C001",
    fires: [
      steps("- uses: actions/setup-go@v3", "- run: go test ./..."),
      steps("- uses: actions/cache@v4", "  with: { path: ~/go/pkg/mod, key: x }", "- run: go test ./..."),
      steps("- uses: goreleaser/goreleaser-action@v6"),
      steps("- uses: actions/setup-node@v4", "  with: { cache: npm }", "- run: go test ./..."),
      steps("- uses: cashapp/activate-hermit@v1", "  with: { cache: false }", "- run: go test ./..."),
      steps("- run: go test -run 'a@b' ./..."),
    ],
    quiet: [
      steps("- uses: actions/setup-go@v3", "  with: { cache: true }", "- run: go test ./..."),
      steps("- uses: actions/setup-go@0aaccfd150d50ccaeb58ebd88d36e91967a5f35b", "- run: go test ./..."),
      steps("- uses: magnetikonline/action-golang-cache@v5", "- run: go test ./..."),
      steps("- env: { GOCACHEPROG: prog }", "  run: go test ./..."),
      steps("- uses: prometheus/promci-setup@v1", "- run: go test ./..."),
      steps("- uses: ./.github/actions/prepare", "- run: go test ./..."),
      steps("- uses: example/anything@v1", "  with: { cache_key_suffix: race }", "- run: go test ./..."),
      steps("- run: go install example.org/tool@latest"),
      steps("- run: echo go test"),
    ],
  },
  {
    what: "the cache of setup-go",
    code: "C004",
    fires: [
      steps("- uses: actions/setup-go@v5", "  with: { cache: false }", "- run: go test ./..."),
      release("push: { tags: ['v*'], branches: [main] }"),
    ],
    // what is published should not come from what others wrote
    quiet: [release("push: { tags: ['v*'] }"), release("release: { types: [published] }")],
  },
  {
    what: "keys",
    code: "C002",
    fires: [
      steps("- uses: actions/cache@v4", "  with: { path: ~/.cache/go-build, key: go }", "- run: go test ./..."),
      gitlab(
        "variables: { GOCACHE: $CI_PROJECT_DIR/.cache }",
        "test:",
        "  parallel: { matrix: [{ GOARCH: [amd64, arm64] }] }",
        "  cache: { key: go, paths: [.cache] }",
        "  script: [go build ./...]",
      ),
      {
        ".github/workflows/x.yml":
          "on: workflow_dispatch\njobs:\n  x:\n    strategy: { matrix: { include: [{ goos: linux }, { goos: darwin }] } }\n    steps:\n      - uses: actions/setup-go@v5\n      - run: GOOS=${{ matrix.goos }} go build ./...\n",
      },
    ],
    quiet: [
      // the matrix chooses what is tried, not what is compiled
      {
        ".github/workflows/x.yml":
          "on: workflow_dispatch\njobs:\n  x:\n    strategy: { matrix: { arch: [amd64, arm64] } }\n    steps:\n      - uses: actions/setup-go@v5\n      - run: go test ./...\n      - run: ./app-${{ matrix.arch }}\n",
      },
      {
        ".github/workflows/x.yml":
          "on: workflow_dispatch\njobs:\n  x:\n    strategy: { matrix: { os: [ubuntu-latest, macos-latest] } }\n    runs-on: ${{ matrix.os }}\n    steps:\n      - uses: actions/setup-go@v5\n      - run: go build ./...\n",
      },
      gitlab(
        "variables: { GOCACHE: $CI_PROJECT_DIR/.cache }",
        "test:",
        "  parallel: { matrix: [{ GOARCH: [amd64, arm64] }] }",
        "  cache: { key: go-$GOARCH, paths: [.cache] }",
        "  script: [go build ./...]",
      ),
    ],
  },
  {
    what: "fallbacks of GitLab",
    code: "C003",
    fires: [gitlab("test:", "  cache: { key: { files: [go.sum] }, paths: [.cache] }", "  script: [go test ./...]")],
    quiet: [
      gitlab(
        "test:",
        "  cache: { key: { files: [go.sum] }, fallback_keys: [go], paths: [.cache] }",
        "  script: [go test ./...]",
      ),
      gitlab("test:", "  cache: { key: go, paths: [.cache] }", "  script: [go test ./...]"),
    ],
  },
  {
    what: "triggers",
    code: "C005",
    fires: [on("push: { branches: [main] }"), on("pull_request:"), gitlab("test:", "  script: [go test ./...]")],
    quiet: [
      on("push: { tags: ['v*'] }"),
      on("schedule: [{ cron: 0 0 * * 0 }]"),
      on("push: { paths: ['**.go'] }"),
      {
        ".github/workflows/ci.yml":
          "on: [pull_request]\njobs:\n  changes: { runs-on: self-hosted, steps: [{ run: ./changes.sh }] }\n  ci:\n    needs: changes\n    if: ${{ needs.changes.outputs.go == 'true' }}\n    runs-on: self-hosted\n    steps: [{ run: go test ./... }]\n",
      },
      gitlab("workflow: { rules: [{ changes: ['**/*.go'] }] }", "test:", "  script: [go test ./...]"),
      gitlab("test:", "  only: { changes: ['**/*.go'] }", "  script: [go test ./...]"),
    ],
  },
  {
    what: "order of layers",
    code: "D001",
    fires: [
      docker("FROM golang", "ADD ./ /src/", "RUN cd /src && go build -o /app ."),
      { ...docker("FROM golang", "COPY . .", "RUN make"), ...make(".PHONY: all", "all: app", "app:", "\tgo build .") },
      {
        ...docker("FROM golang", "COPY . .", "RUN make -j4 release V=1"),
        ...make("BIN = bin/app", "release: lint $(BIN)", "$(BIN): release", "\t$(MAKE) app", "app:", "\tgo build ."),
      },
    ],
    quiet: [
      { ...docker("FROM golang", "COPY . .", "RUN make lint"), ...make("lint:", "\tgo vet .", "app:", "\tgo build .") },
      { ...docker("FROM golang", "COPY . .", "RUN make -C web"), ...make("app:", "\tgo build .") },
      {
        ...docker("FROM golang", "COPY go.mod Makefile ./", "RUN make deps", "COPY . .", "RUN make"),
        ...make("app: deps", "\tgo build .", "deps:", "\tgo mod download"),
      },
      docker(
        "FROM golang AS deps",
        "COPY go.* ./",
        "RUN go mod download",
        "FROM deps",
        "COPY . .",
        "RUN go build -o /app .",
      ),
      docker("FROM golang", "COPY . .", "RUN --mount=type=cache,target=/go/pkg/mod go build -o /app ."),
      docker("FROM golang", "COPY cmd cmd", "RUN go build -o /app ./cmd"),
      { ...docker("FROM golang", "COPY . .", "RUN go build -o /app ."), "vendor/modules.txt": "" },
      docker("FROM node", "COPY . .", "RUN npm run build"),
    ],
  },
  {
    what: ".dockerignore",
    code: "D003",
    fires: [docker("FROM golang", "COPY . .")],
    quiet: [
      { ...docker("FROM golang", "COPY . ."), ".dockerignore": ".git\n" },
      { "build/Dockerfile": "FROM golang\nCOPY . .\n", "build/Dockerfile.dockerignore": ".git\n" },
      docker("FROM golang", "COPY --from=build . ."),
    ],
  },
  {
    what: "bases",
    code: "D004",
    fires: [
      docker("FROM golang AS b", "RUN go build -o /app .", "FROM docker.io/library/ubuntu:24.04"),
      docker("ARG BASE=debian:12", "FROM golang AS b", "RUN go build -o /app .", "FROM ${BASE}"),
      docker("FROM golang AS b", "RUN go build -o /app .", "FROM debian AS deploy", "FROM scratch AS debug"),
    ],
    quiet: [
      docker("FROM golang AS b", "RUN go build -o /app .", "FROM alpine:3"),
      docker("FROM golang AS b", "RUN go build -o /app .", "FROM scratch AS app", "FROM golang AS dev"),
      docker("FROM golang AS b", "RUN go build -o /app .", "FROM $BASE"),
      docker("FROM debian", "RUN apt-get install nginx"),
    ],
  },
  {
    what: "users",
    code: "D005",
    fires: [
      docker("FROM golang AS b", "RUN go build -o /app .", "FROM alpine", "USER app", "USER root"),
      { "compose.yaml": "services:\n  app:\n    build: .\n    user: root\n" },
    ],
    quiet: [
      docker("FROM golang AS b", "RUN go build -o /app .", "FROM alpine AS base", "USER app", "FROM base"),
      docker("FROM golang AS b", "RUN go build -o /app .", "FROM alpine", "USER $UID"),
      docker("FROM golang AS b", "RUN go build -o /app .", "FROM gcr.io/distroless/static:nonroot"),
      docker("FROM golang AS b", "RUN go build -o /app .", "FROM cgr.dev/chainguard/static:latest"),
      {
        "compose.yaml":
          "services:\n  app:\n    build: .\n    user: '1000'\n  db:\n    image: postgres\n    user: root\n",
      },
    ],
  },
  {
    what: "platforms of what is pushed",
    code: "D008",
    fires: [
      make("push:", "\tdocker buildx build --push -t app ."),
      script("docker build -t registry.example/app .", "docker push registry.example/app"),
    ],
    quiet: [
      make("push:", "\tdocker buildx build --platform linux/amd64,linux/arm64 --push -t app ."),
      script("docker build -t app ."),
    ],
  },
  {
    what: "caches of images",
    code: "D009",
    fires: [
      { "docker-bake.hcl": 'target "app" {\n  tags = ["a"]\n  output = ["type=image"]\n}\n' },
      steps("- run: docker buildx build ."),
      { "docker-bake.json": '{"target": {"app": {"tags": ["a"], "platforms": ["linux/amd64"]}}}' },
    ],
    quiet: [
      steps("- run: docker buildx build --cache-from type=gha --cache-to type=gha ."),
      steps("- run: docker build -f Dockerfile.windows ."),
      script("docker buildx build ."),
      {
        "docker-bake.hcl":
          'target "base" { cache-from = ["x"] }\ntarget "app" {\n  inherits = ["base"]\n  tags = ["a"]\n}\n',
      },
      { ...steps("- run: docker build -f web.Dockerfile ."), "web.Dockerfile": "FROM nginx\n" },
      // what stays here, and what is only there to inherit from
      { "docker-bake.hcl": 'target "app" {\n  tags = ["a"]\n  output = ["type=docker"]\n}\n' },
      {
        "docker-bake.hcl":
          'target "meta" { tags = ["a"] }\ntarget "app" {\n  inherits = ["meta"]\n  output = ["./bin"]\n}\n',
      },
    ],
  },
  {
    what: "emulation",
    code: "D010",
    fires: [
      {
        ...docker("FROM golang", "RUN go build -o /app ."),
        "docker-bake.hcl": 'target "app" {\n  platforms = ["linux/amd64", "linux/arm64"]\n}\n',
      },
      {
        ...docker("FROM golang", "RUN go build -o /app ."),
        "compose.yaml": "services: { app: { build: { context: ., platforms: [linux/amd64, linux/arm64] } } }\n",
      },
      {
        ...docker("FROM golang", "RUN go build -o /app ."),
        "push.sh": "docker buildx build --platform linux/amd64,linux/arm64 .\n",
      },
      {
        ...docker("FROM golang", "RUN go build -o /app ."),
        ...steps(
          "- uses: docker/setup-qemu-action@v3",
          "- uses: docker/build-push-action@v6",
          "  with: { platforms: '${{ env.PLATFORMS }}' }",
        ),
      },
    ],
    quiet: [
      docker("FROM golang", "RUN go build -o /app ."),
      {
        ...docker("FROM golang", "RUN go build -o /app ."),
        ...steps("- uses: docker/build-push-action@v6", "  with: { platforms: '${{ matrix.platform }}' }"),
      },
      {
        ...docker(
          "FROM --platform=${BUILDPLATFORM} golang",
          "ARG TARGETARCH",
          "ENV GOARCH=$TARGETARCH",
          "RUN go build -o /app .",
        ),
        "push.sh": "docker buildx build --platform linux/amd64,linux/arm64 .\n",
      },
    ],
  },
  {
    what: "static bases",
    code: "D011",
    fires: [docker("FROM golang AS b", "RUN go build -o /app .", "FROM gcr.io/distroless/static-debian12:nonroot")],
    quiet: [
      docker("FROM golang AS b", "RUN go build -o /app .", "FROM scratch", "COPY --from=b /app /"),
      docker("FROM golang AS b", "RUN go build -o /app .", "FROM gcr.io/distroless/base"),
      docker(
        "FROM golang AS b",
        "RUN go build -ldflags '-linkmode external -extldflags -static' -o /app .",
        "FROM scratch",
      ),
    ],
  },
];

describe.each(CASES)("$code: $what", ({ code, fires = [], quiet = [] }) => {
  const codes = (files: Files): string[] => findingsOf(files).map((finding) => finding.code);

  it.each(fires.map((files) => [files]))("fires on %j", (files) => {
    expect(codes(files)).toContain(code);
  });

  it.each(quiet.map((files) => [files]))("is quiet on %j", (files) => {
    expect(codes(files)).not.toContain(code);
  });
});

describe("what builds take", () => {
  const timed: ProgramFacts = { ...PROGRAM, buildSeconds: { cold: 43, warm: 3 } };
  const timeOf = (files: Files, code: string, program = timed): unknown =>
    findingsOf(files, program).find((finding) => finding.code === code)?.time;

  it("is the price of what keeps no cache", () => {
    const job = (...lines: string[]): Files => steps(...lines, "- run: go test ./...");
    const how = "go build example.com/app on this machine with an empty cache took 43 s, with a full one 3.0 s";
    const time = { seconds: 40, basis: "measured", how };
    expect(timeOf(job(), "C001")).toEqual(time);
    expect(timeOf(gitlab("test:", "  script: [go test ./...]"), "C001")).toEqual(time);
    expect(timeOf(job("- uses: actions/cache@v4", "  with: { path: ~/.cache/go-build, key: go }"), "C002")).toEqual(
      time,
    );
    expect(timeOf(job("- uses: actions/cache@v4", "  with: { path: ~/.cache/go-build, key: go }"), "C003")).toEqual(
      time,
    );
    expect(timeOf(job("- uses: actions/setup-go@v5", "  with: { cache: false }"), "C004")).toEqual(time);
    expect(timeOf(docker("FROM golang", "RUN go build -o /app ."), "D002")).toEqual(time);
    expect(timeOf(steps("- run: docker build ."), "D009")).toEqual(time);
    // nobody measured, or a cache gains nothing
    expect(timeOf(job(), "C001", PROGRAM)).toBeUndefined();
    expect(timeOf(job(), "C001", { ...PROGRAM, buildSeconds: { cold: 3, warm: 3 } })).toBeUndefined();
  });

  it("is the price of runs for nothing, and of links that wait", () => {
    expect(timeOf(on("pull_request:"), "C005")).toMatchObject({ seconds: 3, basis: "measured" });
    const queue = script(...["a", "b", "c"].map((arch) => `GOARCH=${arch} go build -o app-${arch} .`));
    expect(timeOf(queue, "B005")).toMatchObject({ seconds: 6, basis: "estimate" });
    const loop = (over: string): Files => script(`for a in ${over}; do GOARCH=$a go build -o app .; done`);
    expect(timeOf(loop("x y z w"), "B005")).toMatchObject({ seconds: 9, basis: "estimate" });
    expect(timeOf(loop("$TARGETS"), "B005")).toBeUndefined();
  });
});

describe("what the program tells", () => {
  const scratch = docker(
    "FROM golang AS b",
    "RUN go build -o /app .",
    "FROM scratch",
    "COPY --from=b /app /app",
    'ENTRYPOINT ["/app"]',
  );
  const codes = (files: Files, program: Partial<typeof PROGRAM>): string[] =>
    findingsOf(files, { ...PROGRAM, ...program }).map((finding) => finding.code);

  it("decides about C", () => {
    const build = script("go build -o app .");
    expect(codes(build, { needsCgo: ["github.com/mattn/go-sqlite3"] })).not.toContain("B003");
    expect(codes(build, { mayUseCgo: false })).not.toContain("B003");
    expect(codes(scratch, { mayUseCgo: false })).not.toContain("D011");
    expect(codes(scratch, { needsCgo: ["github.com/mattn/go-sqlite3"] })).toContain("D011");
    expect(
      codes(docker("FROM golang AS b", "RUN go build -o /app .", "FROM debian"), { needsCgo: ["x"] }),
    ).not.toContain("D004");
  });

  it("decides about certificates and time zones", () => {
    expect(codes(scratch, {})).toEqual(expect.arrayContaining(["D006", "D007"]));
    expect(codes(scratch, { needsRoots: false, needsZones: false })).not.toContain("D006");
    expect(codes(scratch, { needsRoots: false, needsZones: false })).not.toContain("D007");
  });

  it("decides about UPX outside of images", () => {
    expect(codes(script("upx app"), { isServer: false })).not.toContain("B004");
  });

  it("prices flags with its own bytes", () => {
    const [stripped, trimmed] = findingsOf(script("CGO_ENABLED=0 go build -o app ."));
    expect(stripped.cost).toEqual({
      bytes: 3_000_000,
      basis: "measured",
      how: expect.stringContaining("linux/amd64") as string,
    });
    expect(trimmed.cost).toMatchObject({ bytes: 12_000, basis: "estimate" });
  });
});
