/** The web processes, and the Service, the one address at which all of them are reached. */

import { Chart } from "cdk8s";
import { k8s } from "cdk8s-plus-33";

import { labels, podTemplate } from "./pods";
import { Settings } from "./settings";

const WEB = labels("web");
const PORT = "http";

function probe(path: string, options: k8s.Probe): k8s.Probe {
  return { httpGet: { path, port: k8s.IntOrString.fromString(PORT) }, ...options };
}

/** All times are in seconds. */
const CONTAINER: Partial<k8s.Container> = {
  ports: [{ name: PORT, containerPort: 8000 }],
  // Until it has succeeded once, the others wait. A start may take a minute on a busy machine.
  startupProbe: probe("/health/live/", { periodSeconds: 1, failureThreshold: 60 }),
  // Fails three times: the container is restarted. So it asks for nothing that a restart leaves.
  livenessProbe: probe("/health/live/", { periodSeconds: 10, timeoutSeconds: 5 }),
  // Fails twice: the Service sends no requests. Longer than the database may delay a connection.
  readinessProbe: probe("/health/ready/", {
    periodSeconds: 5,
    timeoutSeconds: 6,
    failureThreshold: 2,
  }),
  // Before SIGTERM: until then, all machines know that this Pod gets no more requests.
  lifecycle: { preStop: { sleep: { seconds: 5 } } },
};

export function addWeb(chart: Chart, settings: Settings): void {
  new k8s.KubeDeployment(chart, "web", {
    metadata: { name: "web", labels: WEB },
    spec: {
      replicas: 2,
      selector: { matchLabels: WEB },
      // A new Pod is ready before an old one is stopped.
      strategy: {
        type: "RollingUpdate",
        rollingUpdate: {
          maxSurge: k8s.IntOrString.fromNumber(1),
          maxUnavailable: k8s.IntOrString.fromNumber(0),
        },
      },
      template: podTemplate(settings, "web", CONTAINER),
    },
  });
  new k8s.KubeService(chart, "service", {
    metadata: { name: "web", labels: WEB },
    spec: {
      selector: WEB,
      ports: [{ name: PORT, port: 80, targetPort: k8s.IntOrString.fromString(PORT) }],
    },
  });
}
