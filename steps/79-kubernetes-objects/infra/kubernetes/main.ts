/** Writes the objects of Kubernetes as YAML into the folder `manifests`; see `make manifests`. */

import { App, Chart } from "cdk8s";

import { addConfiguration } from "./configuration";
import { readSettings, Settings } from "./settings";
import { addWeb } from "./web";

function application(app: App, settings: Settings): void {
  const chart = new Chart(app, "mublog", { namespace: "mublog" });
  addConfiguration(chart, settings);
  addWeb(chart, settings);
}

try {
  const app = new App({ outdir: process.env.MANIFESTS ?? "manifests" });
  application(app, readSettings(process.argv.slice(2)));
  app.synth();
} catch (error) {
  console.error(`${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
