/** The one style sheet. Light and dark as the reader's system has it; on paper, all that is folded stays folded. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: #f7f6f2; --card: #ffffff; --ink: #1d2321; --soft: #68716d; --line: #e2e0d8; --code: #f1f0ea;
  --kelp: #1d6b58; --kelp-soft: #d9ebe4; --add: #1a7f4b; --add-soft: #dff3e6; --del: #b3362b; --del-soft: #fae3e0;
  --mod: #9a6200; --mod-soft: #fbeccb; --same: #c9cdc9; --same-soft: #eeefec; --shadow: 0 1px 2px #0000000f, 0 6px 20px #0000000a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #121615; --card: #1a201e; --ink: #e6eae7; --soft: #97a19c; --line: #2c3431; --code: #222927;
    --kelp: #6cc7ad; --kelp-soft: #1c3a32; --add: #6fd39b; --add-soft: #17372a; --del: #f0968c; --del-soft: #432421;
    --mod: #e5b35c; --mod-soft: #3d3018; --same: #47514d; --same-soft: #232a28; --shadow: none;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 40px 24px 80px; }
code, .mono, .name, pre { font-family: ui-monospace, "SF Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: 13px; }
.brand { color: var(--soft); letter-spacing: .04em; font-size: 13px; margin: 0 0 6px; }
.brand b { color: var(--kelp); }
h1 { font-size: 34px; line-height: 1.15; letter-spacing: -.02em; margin: 0 0 10px; text-wrap: balance; }
h2 { font-size: 18px; letter-spacing: -.01em; margin: 44px 0 12px; display: flex; align-items: baseline; gap: 10px; }
h2 small { font-weight: 400; font-size: 14px; color: var(--soft); }
.why { font-size: 16px; color: var(--soft); margin: 0 0 20px; max-width: 70ch; }
.sides { display: grid; gap: 6px; margin: 0 0 22px; }
.side { display: flex; gap: 10px; align-items: baseline; overflow-wrap: anywhere; }
.sign { flex: none; width: 22px; height: 22px; border-radius: 6px; text-align: center; font-weight: 700; line-height: 22px; }
.sign.a { background: var(--del-soft); color: var(--del); } .sign.b { background: var(--add-soft); color: var(--add); }
.side span.soft { white-space: nowrap; }
.soft { color: var(--soft); }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; }
.fact, .card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; box-shadow: var(--shadow); }
.fact { padding: 12px 16px 14px; } .fact b { display: block; font-size: 24px; letter-spacing: -.02em; line-height: 1.3; }
.fact span { color: var(--soft); font-size: 13px; }
.card { padding: 6px 16px; margin: 0 0 12px; overflow: hidden; }
.picture { padding: 18px 16px 10px; overflow-x: auto; }
svg { display: block; width: 100%; height: auto; font: 12.5px system-ui, sans-serif; }
svg.narrow { display: none; font-size: 10.5px; }
svg text { fill: var(--ink); } svg .soft { fill: var(--soft); } svg .head { font-weight: 600; } svg tspan.soft { font-weight: 400; }
svg .same { fill: var(--same-soft); stroke: var(--same); } svg .mod { fill: var(--mod-soft); stroke: var(--mod); }
svg .add { fill: var(--add-soft); stroke: var(--add); } svg .del { fill: var(--del-soft); stroke: var(--del); }
svg .band { stroke: none; opacity: .55; }
.legend { display: flex; flex-wrap: wrap; gap: 16px; color: var(--soft); font-size: 13px; margin: 12px 0 4px; }
.legend i { display: inline-block; width: 11px; height: 11px; border-radius: 3px; margin-right: 6px; border: 1px solid; vertical-align: -1px; }
.legend .same { background: var(--same-soft); border-color: var(--same); } .legend .mod { background: var(--mod-soft); border-color: var(--mod); }
.legend .add { background: var(--add-soft); border-color: var(--add); } .legend .del { background: var(--del-soft); border-color: var(--del); }
table { width: 100%; border-collapse: collapse; table-layout: fixed; font-size: 14px; }
th:first-child { width: 96px; } .wide th:first-child { width: 26%; }
th { text-align: left; font-weight: 500; font-size: 13px; color: var(--soft); padding: 8px 10px 6px 0; }
td { padding: 6px 10px 6px 0; border-top: 1px solid var(--line); vertical-align: baseline; overflow-wrap: anywhere; }
td.kind { white-space: nowrap; }
.from { color: var(--del); } .to { color: var(--add); }
.chip { display: inline-block; padding: 0 8px; border-radius: 99px; font-size: 12px; line-height: 20px; background: var(--same-soft); color: var(--soft); white-space: nowrap; }
.chip.add { background: var(--add-soft); color: var(--add); } .chip.del { background: var(--del-soft); color: var(--del); }
.chip.mod { background: var(--mod-soft); color: var(--mod); } .chip.kind { background: var(--kelp-soft); color: var(--kelp); }
details > summary { list-style: none; cursor: pointer; } summary::-webkit-details-marker { display: none; }
summary:focus-visible { outline: 2px solid var(--kelp); outline-offset: 2px; border-radius: 6px; }
.fold > summary::before { content: ""; flex: none; width: 7px; height: 7px; margin: 0 5px 3px 2px; border: solid var(--soft); border-width: 0 2px 2px 0; transform: rotate(-45deg); align-self: center; }
.fold[open] > summary::before { transform: rotate(45deg); }
.step { padding: 0; } .step > summary { padding: 12px 16px; display: flex; gap: 10px; align-items: baseline; }
.step > summary code { flex: 1; overflow-wrap: anywhere; }
.step > .body { padding: 2px 16px 14px; border-top: 1px solid var(--line); }
.row, .dir > summary, .file > summary { display: flex; gap: 10px; align-items: baseline; padding: 3px 0; border-radius: 6px; }
.dir > summary .name { font-weight: 600; } .row > .name, summary > .name { flex: 1; overflow-wrap: anywhere; }
.row > .gap { flex: none; width: 14px; }
.inside { margin-left: 8px; padding-left: 12px; border-left: 1px solid var(--line); }
.row:hover, .dir > summary:hover, .file > summary:hover { background: var(--same-soft); }
.size { flex: none; min-width: 132px; color: var(--soft); font-size: 13px; font-variant-numeric: tabular-nums; text-align: right; white-space: nowrap; }
.delta { flex: none; width: 84px; text-align: right; font-size: 13px; font-variant-numeric: tabular-nums; white-space: nowrap; }
.delta.up { color: var(--add); } .delta.down { color: var(--del); } .delta.none { color: var(--soft); }
.bar { flex: none; align-self: center; width: 72px; height: 6px; border-radius: 3px; background: var(--same-soft); overflow: hidden; }
.bar i { display: block; height: 100%; border-radius: 3px; background: var(--kelp); }
.text { margin: 4px 0 10px 24px; border: 1px solid var(--line); border-radius: 8px; overflow: auto; max-height: 420px; background: var(--card); }
.text pre { margin: 0; padding: 6px 0; min-width: max-content; line-height: 1.45; }
.text pre span { display: block; padding: 0 12px; white-space: pre; }
.text .plus { background: var(--add-soft); color: var(--add); } .text .minus { background: var(--del-soft); color: var(--del); }
.noise > summary { display: flex; gap: 8px; align-items: baseline; color: var(--soft); padding: 6px 0 2px; font-size: 14px; }
.noise ul { margin: 4px 0 8px; padding-left: 26px; columns: 2 340px; color: var(--soft); } .noise li { overflow-wrap: anywhere; }
.more { color: var(--soft); padding: 3px 0; font-size: 13px; }
footer { margin-top: 56px; color: var(--soft); font-size: 13px; }
@media (max-width: 640px) { main { padding: 24px 14px 60px; } h1 { font-size: 27px; } svg.wide { display: none; } svg.narrow { display: block; } .bar, .size { display: none; } .inside { margin-left: 2px; padding-left: 8px; } .row, .dir > summary, .file > summary { flex-wrap: wrap; } .row > .name, summary > .name { min-width: 90px; } .delta { width: auto; margin-left: auto; } .row > .gap { display: none; } }
@media print { body { background: #fff; } .card, .fact { box-shadow: none; break-inside: avoid; } }
`;
