/** The web processes. */

import { Chart } from "cdk8s";
import { k8s } from "cdk8s-plus-33";

import { VARIABLES } from "./configuration";
import { Settings } from "./settings";

const LABELS = { "app.kubernetes.io/name": "mublog", "app.kubernetes.io/component": "web" };

export function addWeb(chart: Chart, settings: Settings): void {
  new k8s.KubeDeployment(chart, "web", {
    metadata: { name: "web", labels: LABELS },
    spec: {
      replicas: 2,
      selector: { matchLabels: LABELS },
      template: {
        metadata: { labels: LABELS },
        spec: {
          containers: [
            {
              name: "web",
              image: settings.image,
              ...VARIABLES,
              ports: [{ name: "http", containerPort: 8000 }],
            },
          ],
        },
      },
    },
  });
}
