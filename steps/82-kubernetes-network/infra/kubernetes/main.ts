/** Writes the objects of Kubernetes as YAML into the folder `manifests`; see `make manifests`. */

import { App, Chart } from "cdk8s";
import { k8s } from "cdk8s-plus-33";

import { addConfiguration, NAME } from "./configuration";
import { addIngress, addNetworkPolicies } from "./network";
import { readSettings, Settings } from "./settings";
import { addWeb } from "./web";
import { addMigrations, addWorkers } from "./workers";

function application(app: App, settings: Settings): void {
  const chart = new Chart(app, "mublog", { namespace: NAME });
  // It comes first, in a file of its own. The label makes the cluster refuse a Pod with more rights.
  const place = new Chart(app, "namespace");
  chart.addDependency(place);
  new k8s.KubeNamespace(place, "namespace", {
    metadata: { name: NAME, labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
  });
  addConfiguration(chart, settings);
  addMigrations(chart, settings);
  addWeb(chart, settings);
  addWorkers(chart, settings);
  addIngress(chart, settings);
  addNetworkPolicies(chart);
}

try {
  const app = new App({ outdir: process.env.MANIFESTS ?? "manifests" });
  application(app, readSettings(process.argv.slice(2)));
  app.synth();
} catch (error) {
  console.error(`${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
