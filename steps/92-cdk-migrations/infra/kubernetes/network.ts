/** How visitors come in, who reaches whom, and how many web processes may be away at once. */

import { Chart } from "cdk8s";
import { k8s } from "cdk8s-plus-33";

import { labels } from "./pods";
import { Settings } from "./settings";

/** The ports that each kind of process uses elsewhere: Postgres, Redis, HTTPS for S3, and mail. */
export const REACHES: Record<string, number[]> = {
  web: [5432, 6379, 443],
  worker: [5432, 6379, 443, 587],
  beat: [5432, 6379],
  migrate: [5432],
};

/** The namespace of the ingress controller, the program that does what an Ingress says. */
export const CONTROLLER = "ingress-nginx";

export function addIngress(chart: Chart, settings: Settings): void {
  new k8s.KubeIngress(chart, "ingress", {
    metadata: {
      name: "web",
      // An upload may be larger than the 1 MB that the controller accepts by itself.
      annotations: { "nginx.ingress.kubernetes.io/proxy-body-size": "6m" },
    },
    spec: {
      ingressClassName: "nginx",
      tls: settings.development ? [] : [{ hosts: [settings.host], secretName: "mublog-tls" }],
      rules: [
        {
          host: settings.host,
          http: {
            paths: [
              {
                path: "/",
                pathType: "Prefix",
                backend: { service: { name: "web", port: { name: "http" } } },
              },
            ],
          },
        },
      ],
    },
  });
  // When a machine is emptied, to update it for example, its Pod stays until another one is ready.
  new k8s.KubePodDisruptionBudget(chart, "budget", {
    metadata: { name: "web" },
    spec: {
      minAvailable: k8s.IntOrString.fromNumber(1),
      selector: { matchLabels: labels("web") },
    },
  });
}

export function addNetworkPolicies(chart: Chart): void {
  // A Pod that a policy names is reached, and reaches others, only as some policy allows. This one
  // names all Pods of the namespace, and allows nothing but to ask for the address of a name.
  policy(chart, "default", {
    podSelector: {},
    policyTypes: ["Ingress", "Egress"],
    egress: [
      {
        to: [
          {
            namespaceSelector: namespace("kube-system"),
            podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
          },
        ],
        ports: [port(53, "UDP"), port(53)],
      },
    ],
  });
  for (const [component, ports] of Object.entries(REACHES)) {
    policy(chart, `from-${component}`, {
      podSelector: { matchLabels: labels(component) },
      policyTypes: ["Egress"],
      egress: [{ ports: ports.map((number) => port(number)) }],
    });
  }
  policy(chart, "to-web", {
    podSelector: { matchLabels: labels("web") },
    policyTypes: ["Ingress"],
    ingress: [{ from: [{ namespaceSelector: namespace(CONTROLLER) }], ports: [port(8000)] }],
  });
}

export function policy(chart: Chart, name: string, spec: k8s.NetworkPolicySpec): void {
  new k8s.KubeNetworkPolicy(chart, `policy-${name}`, { metadata: { name }, spec });
}

/** Kubernetes gives each namespace this label. */
function namespace(name: string): k8s.LabelSelector {
  return { matchLabels: { "kubernetes.io/metadata.name": name } };
}

export function port(number: number, protocol = "TCP"): k8s.NetworkPolicyPort {
  return { port: k8s.IntOrString.fromNumber(number), protocol };
}
