// Builds plotly.min.js and LICENSES.txt from what package.json names; README.md says how to call it.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const read = (name) => readFileSync(new URL(name, import.meta.url), "utf8");
const asked = JSON.parse(read("package.json")).dependencies;
const version = asked["plotly.js"];
const banner = `/**
* plotly.js v${version}, only the trace types scatter, bar and heatmap
* Copyright 2012-2026, Plotly, Inc.
* All rights reserved.
* Licensed under the MIT license
* It contains other packages; their notices are in LICENSES.txt beside this file in costlab.
*/`;

// As plotly.js builds its own bundles (its esbuild-config.js), without the style sheet of maps.
const { metafile } = await build({
  absWorkingDir: new URL(".", import.meta.url).pathname,
  entryPoints: ["traces.js"],
  outfile: "plotly.min.js",
  bundle: true,
  minify: true,
  format: "iife",
  globalName: "Plotly",
  target: "es2016",
  define: { global: "window", "define.amd": "false" },
  loader: { ".css": "empty" },
  legalComments: "none",
  banner: { js: banner },
  metafile: true,
});

const [bundle] = Object.values(metafile.outputs);
const within = Object.entries(bundle.inputs).filter(([, { bytesInOutput }]) => bytesInOutput);
const found = within.map(([path]) => path.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1]);
const packages = [...new Set(found.filter((name) => name && name !== "maplibre-gl"))].sort(); // of that, an empty file
const notices = packages.map((name) => {
  const { version: installed, license, author } = JSON.parse(read(`node_modules/${name}/package.json`));
  if (installed !== asked[name]) throw new Error(`${name} is ${installed}, not at the one version that package.json should name.`);
  const file = readdirSync(new URL(`node_modules/${name}`, import.meta.url)).find((one) => /^licen[cs]e/i.test(one));
  const text = file ? read(`node_modules/${name}/${file}`).trim() : `Copyright ${author?.name ?? author}; ${license} license.`;
  return `${name} ${installed} (${license})\n\n${text}\n`;
});
writeFileSync(new URL("LICENSES.txt", import.meta.url), notices.join(`\n${"-".repeat(80)}\n\n`).replace(/\r|[ \t]+$/gm, ""));
