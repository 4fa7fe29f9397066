// The style sheet of the HTML report: light and dark, wide and narrow.

export const pageStyle = `
:root {
  color-scheme: light dark;
  --font: ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
  --page: #f6f7f9; --ground: #ffffff; --frame1: #e3e7ec; --frame2: #eff1f4; --frame3: #f7f8fa;
  --text: #1b222c; --quiet: #66717f; --line: #dde2e8; --accent: #d6336c; --focus: #2f6fde;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12161c; --ground: #181d24; --frame1: #2b333e; --frame2: #222933; --frame3: #1c222b;
    --text: #e4e9f0; --quiet: #93a0b0; --line: #2a323d; --accent: #ff7aa8; --focus: #79a9ff;
  }
}
* { box-sizing: border-box; }
html, body { height: 100%; margin: 0; }
body { display: flex; flex-direction: column; background: var(--page); color: var(--text); font: 13px/1.45 var(--font); }
button, input { font: inherit; color: inherit; }
button { background: none; border: 0; padding: 0; cursor: pointer; text-align: left; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 1px; border-radius: 4px; }
header { padding: 14px 20px 10px; display: grid; gap: 9px; }
.title { display: flex; align-items: baseline; gap: 12px; flex-wrap: wrap; }
h1 { font-size: 19px; line-height: 1.2; font-weight: 650; margin: 0; letter-spacing: -0.01em; overflow-wrap: anywhere; }
.size { font-size: 19px; color: var(--quiet); font-variant-numeric: tabular-nums; }
.facts { color: var(--quiet); overflow-wrap: anywhere; }
.facts b { color: var(--text); font-weight: 550; }
#composition { display: flex; height: 12px; border-radius: 4px; overflow: hidden; gap: 1px; }
#composition i { min-width: 1px; flex-basis: 0; }
#composition i.off { opacity: 0.2; }
#legend { display: flex; flex-wrap: wrap; gap: 2px 4px; margin-left: -7px; }
.kind { padding: 2px 7px; border-radius: 5px; display: inline-flex; align-items: center; gap: 6px; }
.kind:hover { background: var(--frame1); }
.kind[aria-pressed="false"] { opacity: 0.42; }
.dot { width: 10px; height: 10px; border-radius: 3px; flex: none; display: inline-block; }
.share, .amount { font-variant-numeric: tabular-nums; white-space: nowrap; }
.share, small, .note, .type { color: var(--quiet); }
main { flex: 1; min-height: 0; display: grid; grid-template-columns: minmax(0, 1fr) 360px; gap: 14px; padding: 0 20px 16px; }
.left { display: flex; flex-direction: column; min-height: 0; min-width: 0; gap: 8px; }
.tools { display: flex; gap: 12px; align-items: center; min-height: 30px; }
#crumbs { flex: 1; min-width: 0; display: flex; flex-wrap: wrap; }
.crumb { overflow-wrap: anywhere; padding: 1px 2px; }
.crumb + .crumb::before { content: "›"; color: var(--quiet); padding: 0 7px; }
button.crumb { color: var(--focus); }
button.crumb:hover { text-decoration: underline; }
span.crumb { font-weight: 600; }
#search { width: 230px; padding: 5px 10px; border: 1px solid var(--line); border-radius: 7px; background: var(--ground); }
#search::placeholder { color: var(--quiet); }
#map { position: relative; flex: 1; min-height: 320px; border-radius: 7px; overflow: hidden; cursor: pointer; background: var(--ground); box-shadow: 0 0 0 1px var(--line); }
canvas { position: absolute; inset: 0; width: 100%; height: 100%; }
#tip { position: absolute; z-index: 2; max-width: min(460px, 90%); padding: 8px 11px; border-radius: 7px; background: var(--ground); box-shadow: 0 0 0 1px var(--line), 0 6px 24px rgb(0 0 0 / 0.22); pointer-events: none; display: grid; gap: 1px; }
#tip[hidden] { display: none; }
#tip b { font-weight: 600; overflow-wrap: anywhere; }
#tip .part { display: flex; align-items: center; gap: 7px; color: var(--quiet); }
#tip .this { color: var(--text); }
aside { min-height: 0; display: flex; flex-direction: column; background: var(--ground); border-radius: 7px; box-shadow: 0 0 0 1px var(--line); overflow: hidden; }
#about { padding: 12px 14px; border-bottom: 1px solid var(--line); max-height: 45%; overflow: auto; flex: none; }
#about p { margin: 0; }
#about h2 { font-size: 14px; line-height: 1.35; margin: 1px 0 3px; font-weight: 600; overflow-wrap: anywhere; }
.total b { font-size: 15px; font-weight: 650; }
.total { color: var(--quiet); }
.total b { color: var(--text); }
.kinds { display: grid; grid-template-columns: auto 1fr auto 52px; gap: 1px 8px; align-items: center; margin-top: 8px; }
.kinds .amount, .kinds .share { text-align: right; }
#list { overflow: auto; flex: 1; padding: 6px; }
.note { margin: 4px 8px; }
.row { display: grid; width: 100%; grid-template-columns: minmax(0, 1fr) auto 52px; gap: 0 8px; padding: 4px 8px 5px; border-radius: 5px; align-items: baseline; }
.row:hover, .row:focus-visible { background: var(--frame2); }
.row.pinned { background: var(--frame1); }
.row .name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.row .name small { margin-left: 7px; }
.row .share { text-align: right; }
.row .bar { grid-column: 1 / -1; display: flex; height: 4px; border-radius: 2px; overflow: hidden; margin-top: 2px; }
.row .bar i { flex-basis: 0; }
footer { padding: 0 20px 12px; color: var(--quiet); display: flex; gap: 6px 16px; flex-wrap: wrap; }
kbd { font: 11px var(--mono); border: 1px solid var(--line); border-radius: 4px; padding: 0 4px; background: var(--ground); }
noscript { padding: 20px; }
@media (max-width: 880px) {
  html, body { height: auto; }
  main { grid-template-columns: minmax(0, 1fr); }
  #map { min-height: 62vh; }
  .tools { flex-wrap: wrap; }
  #search { width: 100%; }
}
`;
