-- The style of the HTML report. The page's content security policy names this text by its hash: after a change,
-- UPDATE=1 make test SPECS=tests/report/html_spec.lua.

return [==[
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #fff; --ink: #1b2330; --soft: #5b6675; --line: #dfe3e9; --code: #f0f2f5; --link: #1a5fb4;
  --fail: #b3261e; --warn: #8a5a00; --pass: #1b7340; --calm: #5b6675;
  --critical: #a3123a; --high: #c8501e; --medium: #a77a00; --low: #2b6f93; --negligible: #74808f; --unknown: #74808f;
  --critical-soft: #fbe4ea; --high-soft: #fdeadf; --medium-soft: #faf1d4; --low-soft: #e1f0f7; --grey-soft: #ebeef2;
  --shadow: 0 1px 2px rgb(20 30 50 / .06), 0 4px 14px rgb(20 30 50 / .05);
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #10151d; --card: #19202b; --ink: #e6eaf0; --soft: #9aa6b6; --line: #2c3644; --code: #212a37; --link: #8ab8f5;
    --fail: #ff8a80; --warn: #ffcf70; --pass: #7fd8a0; --calm: #9aa6b6;
    --critical: #ff7f9f; --high: #ff9d6b; --medium: #f0c550; --low: #79bfe3; --negligible: #9aa6b6; --unknown: #9aa6b6;
    --critical-soft: #45172a; --high-soft: #45271a; --medium-soft: #3d3315; --low-soft: #163445; --grey-soft: #2a3340;
    --shadow: none;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 24px 20px 60px; }
a { color: var(--link); text-underline-offset: 2px; }
code, pre, .mono { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .92em; }
h1 { font-size: 1.55rem; line-height: 1.25; margin: 0; overflow-wrap: anywhere; letter-spacing: -.01em; }
h2 { font-size: 1.1rem; margin: 34px 0 12px; letter-spacing: -.005em; }
h2 small { color: var(--soft); font-weight: 400; font-size: .88rem; margin-left: 6px; }
h3 { font-size: .8rem; text-transform: uppercase; letter-spacing: .06em; color: var(--soft); margin: 18px 0 8px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; box-shadow: var(--shadow); padding: 18px 20px; }
.head { border-left: 6px solid var(--calm); }
.head.fail { border-left-color: var(--fail); } .head.warn { border-left-color: var(--warn); } .head.pass { border-left-color: var(--pass); }
.title { display: flex; gap: 14px; align-items: flex-start; justify-content: space-between; flex-wrap: wrap; }
.verdict { font-weight: 700; font-size: .95rem; padding: 4px 14px; border-radius: 999px; border: 2px solid currentColor; white-space: nowrap; text-transform: uppercase; letter-spacing: .05em; }
.verdict.fail { color: var(--fail); } .verdict.warn { color: var(--warn); } .verdict.pass { color: var(--pass); }
.reasons { margin: 10px 0 0; padding-left: 20px; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(230px, 1fr)); gap: 8px 24px; margin: 16px 0 0; }
.facts div { min-width: 0; }
.facts .wide { grid-column: 1 / -1; }
.facts .mono { font-size: .85rem; }
.facts dt { color: var(--soft); font-size: .8rem; }
.facts dd { margin: 0; overflow-wrap: anywhere; }
.date { white-space: nowrap; }
.note { background: var(--medium-soft); border-radius: 8px; padding: 8px 12px; margin: 14px 0 0; }
.steps { list-style: none; counter-reset: step; margin: 0; padding: 0; display: grid; gap: 10px; }
.steps li { counter-increment: step; position: relative; padding: 12px 16px 12px 54px; background: var(--card); border: 1px solid var(--line); border-radius: 10px; box-shadow: var(--shadow); }
.steps li::before { content: counter(step); position: absolute; left: 14px; top: 13px; width: 26px; height: 26px; border-radius: 50%; background: var(--grey-soft); display: grid; place-items: center; font-weight: 600; font-size: .85rem; }
.steps.first li::before { background: var(--link); color: var(--card); }
.what { font-weight: 600; overflow-wrap: anywhere; }
.packages { display: flex; flex-wrap: wrap; gap: 4px 6px; margin: 6px 0 2px; font-size: .84rem; }
.packages span { background: var(--grey-soft); border-radius: 6px; padding: 1px 8px; overflow-wrap: anywhere; }
.packages b { font-weight: 600; }
.sub { color: var(--soft); font-size: .87rem; overflow-wrap: anywhere; }
.command { display: flex; align-items: flex-start; gap: 8px; margin: 8px 0 2px; background: var(--code); border-radius: 8px; padding: 8px 10px; }
.command code { flex: 1; white-space: pre-wrap; overflow-wrap: anywhere; }
.command span { display: inline-block; max-width: 100%; }
button { font: inherit; color: inherit; }
.copy { border: 1px solid var(--line); background: var(--card); border-radius: 6px; padding: 1px 9px; font-size: .8rem; cursor: pointer; }
.pill { display: inline-block; padding: 0 8px; border-radius: 999px; font-size: .8rem; font-weight: 600; background: var(--grey-soft); color: var(--soft); white-space: nowrap; line-height: 1.6; }
.Defcon1, .Critical { background: var(--critical-soft); color: var(--critical); }
.High { background: var(--high-soft); color: var(--high); }
.Medium { background: var(--medium-soft); color: var(--medium); }
.Low { background: var(--low-soft); color: var(--low); }
.d-fail { color: var(--fail); } .d-warn { color: var(--warn); } .d-accept { color: var(--pass); }
.mark { color: var(--fail); border: 1px solid currentColor; background: none; font-size: .74rem; }
.mark.mild { color: var(--soft); }
.charts { align-items: start; display: grid; grid-template-columns: repeat(auto-fit, minmax(320px, 1fr)); gap: 16px; }
.charts > * { min-width: 0; }
.charts h3 { margin-top: 0; }
.bars { display: grid; gap: 9px; margin: 0; }
.bar { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 10px; font-size: .87rem; color: inherit; text-decoration: none; }
.bar > span:first-child { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
a.bar:hover > span:first-child { text-decoration: underline; }
.bar svg { grid-column: 1 / -1; width: 100%; height: 10px; border-radius: 5px; background: var(--grey-soft); display: block; }
.f-Defcon1, .f-Critical { fill: var(--critical); } .f-High { fill: var(--high); } .f-Medium { fill: var(--medium); }
.f-Low { fill: var(--low); } .f-Negligible, .f-Unknown { fill: var(--negligible); }
.legend { display: flex; flex-wrap: wrap; gap: 6px; margin: 0 0 14px; }
.tools { display: none; position: sticky; top: 0; z-index: 2; gap: 8px; flex-wrap: wrap; align-items: center; padding: 10px 0; background: var(--page); }
.scripted .tools { display: flex; }
.tools input[type=search], .tools select { font: inherit; font-size: .9rem; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 6px 10px; min-width: 0; }
.tools select { max-width: 220px; }
.tools input[type=search] { flex: 1 1 220px; }
.tools label { display: inline-flex; gap: 5px; align-items: center; font-size: .9rem; white-space: nowrap; }
.tools output { margin-left: auto; color: var(--soft); font-size: .87rem; }
.list { overflow: clip; background: var(--card); border: 1px solid var(--line); border-radius: 12px; box-shadow: var(--shadow); }
.row { display: grid; grid-template-columns: 86px 92px 178px minmax(0, 1.1fr) minmax(0, 1.3fr) 58px minmax(0, .8fr); gap: 4px 12px; align-items: baseline; padding: 8px 16px; }
.columns { font-size: .78rem; color: var(--soft); border-bottom: 1px solid var(--line); }
.columns button { all: unset; cursor: default; }
.scripted .columns button { cursor: pointer; }
.scripted .columns button:hover { color: var(--ink); }
.columns button:focus-visible { outline: 2px solid var(--link); }
.columns button[aria-sort=ascending]::after { content: " ▲"; } .columns button[aria-sort=descending]::after { content: " ▼"; }
.finding { border-bottom: 1px solid var(--line); content-visibility: auto; contain-intrinsic-size: auto 41px; scroll-margin-top: 70px; }
.finding > summary { list-style: none; cursor: pointer; }
.finding > summary::-webkit-details-marker { display: none; }
.finding > summary:hover { background: var(--code); }
.finding[open] > summary { background: var(--code); }
.finding:target { outline: 2px solid var(--link); outline-offset: -2px; border-radius: 8px; }
.row > * { overflow-wrap: anywhere; min-width: 0; }
.row .id { font-weight: 600; }
.settled > summary { opacity: .62; }
.more { padding: 4px 16px 16px 206px; font-size: .92rem; }
.more p { margin: 6px 0; max-width: 75ch; overflow-wrap: anywhere; }
.more dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 2px 14px; margin: 8px 0 0; }
.more dt { color: var(--soft); } .more dd { margin: 0; overflow-wrap: anywhere; }
.none { padding: 20px; color: var(--soft); }
details.fold > summary { cursor: pointer; color: var(--soft); padding: 6px 0; }
.plain { margin: 6px 0; padding-left: 20px; overflow-wrap: anywhere; }
footer { margin-top: 40px; color: var(--soft); font-size: .85rem; overflow-wrap: anywhere; }
@media (max-width: 760px) {
  main { padding: 12px 12px 40px; }
  h1 { font-size: 1.25rem; }
  .card { padding: 14px; }
  .row { display: flex; flex-wrap: wrap; gap: 3px 8px; padding: 10px 14px; }
  .row.columns { display: none; } .scripted .row.columns { display: flex; }
  .scripted .row.columns::before { content: "Sort by"; }
  .row .id { flex: 1 1 auto; }
  .row .package, .row .fix { flex: 1 1 100%; }
  .row .layer::before { content: "layer "; }
  .row .layer, .row .marks { color: var(--soft); font-size: .87rem; }
  .row > :empty { display: none; }
  .finding { contain-intrinsic-size: auto 96px; }
  .more { padding: 2px 14px 14px; }
  .more dl { grid-template-columns: 1fr; } .more dt { margin-top: 4px; font-size: .8rem; }
  .tools { position: static; }
  .tools select { flex: 1 1 40%; max-width: none; }
  .facts { grid-template-columns: 1fr 1fr; }
  .steps li { padding: 12px 14px 12px 46px; } .steps li::before { left: 11px; }
}
@media print {
  :root { color-scheme: light; --page: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb; --shadow: none; }
  body { font-size: 10pt; }
  main { max-width: none; padding: 0; }
  .tools, .copy, .scripted .tools { display: none; }
  .finding { content-visibility: visible; break-inside: avoid; }
  .steps li, .card { break-inside: avoid; box-shadow: none; }
  a { color: inherit; }
}
]==]
