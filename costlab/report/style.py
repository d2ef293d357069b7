"""The report's style, one column that fits A4 and Letter, light on paper; and the script that draws its charts."""

STYLE = """
:root { --ink: #1a2029; --soft: #55606e; --back: #fff; --band: #f4f6f9; --rule: #d3dae3; --accent: #1f4e8c;
  --chosen: #e8f0fa }
@media screen and (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --soft: #a6b0bd; --back: #14181f;
  --band: #1d232c; --rule: #3b4554; --accent: #8fbcf5; --chosen: #1b2c44 } }
* { box-sizing: border-box; print-color-adjust: exact; -webkit-print-color-adjust: exact }
html { color-scheme: light dark }
body { margin: 0; background: var(--back); color: var(--ink); font: 16px/1.5 system-ui, "Segoe UI", sans-serif }
main { max-width: 720px; margin: 0 auto; padding: 2.5rem 1.25rem 4rem }
h1 { font-size: 2rem; line-height: 1.15; margin: 0 0 .75rem; letter-spacing: -.01em; text-wrap: balance }
h2 { font-size: 1.3rem; margin: 2.5rem 0 .5rem; padding-top: .6rem; border-top: 2px solid var(--ink) }
h3 { font-size: 1.02rem; margin: 0 0 .25rem }
p, li, dd, td, th, h1, figcaption { overflow-wrap: anywhere }
p { margin: .5rem 0 } .soft, figcaption, .caption { color: var(--soft); font-size: .9rem }
.who { color: var(--soft); margin: 0 0 1.5rem } .remarks { white-space: pre-line }
.answer { font-size: 1.25rem; line-height: 1.4; border-left: 5px solid var(--accent); background: var(--band);
  padding: .9rem 1.1rem; margin: 1.25rem 0; border-radius: 0 6px 6px 0 }
dl { display: grid; grid-template-columns: minmax(7rem, 11rem) 1fr; gap: .3rem 1rem; margin: .75rem 0 }
dt { color: var(--soft) } dd { margin: 0 }
ul, ol { padding-left: 1.3rem; margin: .5rem 0 } li { margin: .35rem 0 }
table { border-collapse: collapse; font-size: .9rem; margin: .6rem 0; width: 100% }
th, td { text-align: left; padding: .35rem .6rem .35rem 0; border-bottom: 1px solid var(--rule);
  vertical-align: baseline; overflow-wrap: break-word }
thead th { color: var(--soft); font-weight: 600; border-bottom-color: var(--ink); vertical-align: bottom }
tbody th { font-weight: 500 } .n { text-align: right; font-variant-numeric: tabular-nums }
.results td.n { white-space: nowrap } .results td, .results th { padding-right: 1rem }

.results th:first-child { width: 34% } .results td:last-child { padding-right: 0; width: 28% }
tr.chosen { background: var(--chosen) }
tr.chosen th, tr.chosen td { font-weight: 650 } tr.chosen th { padding-left: .5rem }
.scroll { overflow-x: auto }
.matrix { width: auto; min-width: 60% } .matrix td { text-align: center; padding: .35rem .55rem; min-width: 3.1rem;
  border: 1px solid var(--rule); font-variant-numeric: tabular-nums; white-space: nowrap }
.matrix thead th { text-align: center; padding: .3rem .5rem; color: var(--ink) }
.matrix thead th.corner { text-align: left; color: var(--soft); font-weight: 400; font-size: .8rem }
.matrix tbody th { padding-right: .9rem; max-width: 11rem } .matrix td.right { outline: 1.5px solid var(--soft);
  outline-offset: -2px } .matrix small { display: block; font-size: .76rem; line-height: 1.1 }
.matrix b { font-weight: 600 } .none { color: var(--soft) } sup { font-size: .7em; line-height: 0; padding-left: 1px }
.turned thead th:not(.corner) { height: 7.5rem; vertical-align: bottom }
.turned thead span { writing-mode: vertical-rl; transform: rotate(180deg); max-height: 7rem; line-height: 1.1 }
.notes { font-size: .9rem } .notes li { margin: .15rem 0 }
.unknown li::marker { color: #c25a00 }
.images { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: .8rem; margin: .8rem 0 }
.images figure { margin: 0; border: 1px solid var(--rule); border-radius: 6px; padding: .5rem; break-inside: avoid }
.images img { display: block; width: 100%; aspect-ratio: 1; object-fit: contain; image-rendering: pixelated;
  background: var(--band) } .images figcaption { line-height: 1.35; padding-top: .4rem; color: var(--ink) }
.images .soft { display: block; font-size: .8rem }
.chart { margin: 1.5rem 0 2rem; break-inside: avoid } .chart figcaption { padding-top: .25rem }
.plot { min-height: 60px; width: 100% }
.plot .cartesianlayer text, .plot .infolayer text { fill: var(--ink) !important }
.plot .gridlayer path, .plot .zerolinelayer path { stroke: var(--rule) !important }
.plot .shapelayer path { stroke: var(--ink) !important }
details { margin: .3rem 0 } summary { cursor: pointer; color: var(--accent); font-size: .9rem }
footer { margin-top: 3rem; padding-top: .75rem; border-top: 1px solid var(--rule); color: var(--soft);
  font-size: .85rem }
@media (max-width: 560px) { dl { grid-template-columns: 1fr } dd { margin-bottom: .5rem } h1 { font-size: 1.6rem }
  .answer { font-size: 1.1rem } .results td.n { white-space: normal } }
@page { margin: 16mm 15mm }
@media print { html { color-scheme: light } body { font-size: 10.5pt } main { max-width: none; padding: 0 }
  h1 { font-size: 20pt } h2 { font-size: 13pt; margin-top: 1.4rem; break-after: avoid } h3 { break-after: avoid }
  .answer { font-size: 12.5pt } .scroll { overflow: visible } tr, li, dd, .answer, .matrix { break-inside: avoid }
  thead { display: table-header-group } .caption { break-before: avoid } .lead { break-after: avoid }
  table { font-size: 9.5pt } .matrix td { padding: .3rem .35rem; min-width: 2.4rem } .matrix { font-size: 9pt }
  details:not([open]) { display: none } summary { display: none } .charts { break-before: page }
  .charts > h2 { margin-top: 0 } .images { grid-template-columns: repeat(4, 1fr) } .screen { display: none } }
"""

# The library is kept compressed; where it cannot be unpacked or drawn, the words under each chart remain.
SCRIPT = """
(async () => {
  const plots = [...document.querySelectorAll(".plot")];
  const numbers = { separatethousands: true, exponentformat: "none" };
  const axis = { automargin: true, gridcolor: "#d3dae3", zerolinecolor: "#d3dae3", ...numbers };
  try {
    const bytes = Uint8Array.from(atob(document.getElementById("plotly").textContent), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const script = document.createElement("script");
    script.textContent = await new Response(stream).text();
    document.head.append(script);
    for (const plot of plots) {
      const { data, layout } = JSON.parse(plot.nextElementSibling.textContent);
      const axes = Object.keys(layout).filter((name) => /^[xy]axis\\d*$/.test(name));
      for (const name of axes) layout[name] = { ...axis, ...layout[name] };
      const size = plot.clientWidth < 500 ? 10 : 12;
      const shapes = layout.shapes?.map((shape) => ({ ...shape, line: { color: "#1a2029", ...shape.line } }));
      await Plotly.newPlot(plot, data, {
        ...layout, shapes, autosize: true, separators: ".\\u2009",
        paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
        font: { family: "system-ui, Segoe UI, sans-serif", size, ...layout.font },
        margin: { l: 12, r: 12, t: 40, b: 12, ...layout.margin },
        hoverlabel: { bgcolor: "#fff", bordercolor: "#55606e", font: { color: "#1a2029" }, ...layout.hoverlabel },
      }, { displayModeBar: false, responsive: true });
    }
    document.documentElement.dataset.charts = "drawn";
  } catch (reason) {
    console.error(reason);
    for (const plot of plots) if (!plot.childElementCount) plot.textContent = "This browser cannot draw the chart.";
    document.documentElement.dataset.charts = "words only";
  }
})();
"""
