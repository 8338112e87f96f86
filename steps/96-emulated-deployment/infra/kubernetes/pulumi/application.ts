/** The objects that `../main.ts` writes, for Pulumi, which compares them with the cluster's. */

import { apps, batch, core, networking, policy, types } from "@pulumi/kubernetes";
import { CustomResourceOptions } from "@pulumi/pulumi";

import { configuration, NAME } from "../configuration";
import { CONTROLLER, REACHES } from "../network";
import { labels } from "../pods";
import { Settings, tagOf } from "../settings";
import { Container, podSpec, podTemplate } from "./pods";

const PORT = "http";

export function addApplication(settings: Settings): void {
  const namespace = new core.v1.Namespace(NAME, {
    metadata: { name: NAME, labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
  });
  const inside = { dependsOn: [namespace] };
  new core.v1.ConfigMap(NAME, { metadata: named(NAME), data: configuration(settings) }, inside);
  addNetwork(settings, inside);
  const job = addMigrations(settings, inside);
  // Pulumi waits until the Job is complete: if it fails, no process of this version is started.
  addProcesses(settings, { dependsOn: [job] });
}

/** Without a name, Pulumi would invent one with a random end. */
function named(name: string, more = {}) {
  return { name, namespace: NAME, ...more };
}

function addMigrations(settings: Settings, options: CustomResourceOptions): batch.v1.Job {
  const own = { command: ["python", "manage.py", "migrate", "--no-input"] };
  const metadata = named(`migrate-${tagOf(settings.image)}`, { labels: labels("migrate") });
  const spec = {
    backoffLimit: 3,
    activeDeadlineSeconds: 60 * 60,
    ttlSecondsAfterFinished: 7 * 24 * 60 * 60,
    template: {
      metadata: { labels: labels("migrate") },
      spec: { ...podSpec(settings, "migrate", own), restartPolicy: "Never" },
    },
  };
  return new batch.v1.Job("migrate", { metadata, spec }, options);
}

function addProcesses(settings: Settings, options: CustomResourceOptions): void {
  const probe = (path: string, more: object) => ({ httpGet: { path, port: PORT }, ...more });
  const web: Container = {
    ports: [{ name: PORT, containerPort: 8000 }],
    startupProbe: probe("/health/live/", { periodSeconds: 1, failureThreshold: 60 }),
    livenessProbe: probe("/health/live/", { periodSeconds: 10, timeoutSeconds: 5 }),
    readinessProbe: probe("/health/ready/", {
      periodSeconds: 5,
      timeoutSeconds: 6,
      failureThreshold: 2,
    }),
    lifecycle: { preStop: { sleep: { seconds: 5 } } },
  };
  const strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
  const processes = [
    { name: "web", own: web, more: { replicas: 2, strategy } },
    { name: "worker", own: celery("worker --concurrency 2"), more: { replicas: 2 } },
    { name: "beat", own: celery("beat"), more: { replicas: 1, strategy: { type: "Recreate" } } },
  ];
  for (const { name, own, more } of processes) {
    const template = podTemplate(settings, name, own);
    const spec = { ...more, selector: { matchLabels: labels(name) }, template };
    const metadata = named(name, { labels: labels(name) });
    new apps.v1.Deployment(name, { metadata, spec }, options);
  }
}

function celery(program: string): Container {
  return { command: `celery --quiet --app config ${program} --loglevel INFO`.split(" ") };
}

function addNetwork(settings: Settings, options: CustomResourceOptions): void {
  const web = { matchLabels: labels("web") };
  const ports = [{ name: PORT, port: 80, targetPort: PORT }];
  const service = { selector: labels("web"), ports };
  const metadata = named("web", { labels: labels("web") });
  new core.v1.Service("web", { metadata, spec: service }, options);
  const budget = { metadata: named("web"), spec: { minAvailable: 1, selector: web } };
  new policy.v1.PodDisruptionBudget("web", budget, options);

  const size = { "nginx.ingress.kubernetes.io/proxy-body-size": "6m" };
  const backend = { service: { name: "web", port: { name: PORT } } };
  const { host } = settings;
  const ingress = {
    ingressClassName: "nginx",
    tls: [{ hosts: [host], secretName: "mublog-tls" }],
    rules: [{ host, http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }],
  };
  const described = named("web", { annotations: size });
  new networking.v1.Ingress("web", { metadata: described, spec: ingress }, options);

  const port = (number: number, protocol = "TCP") => ({ port: number, protocol });
  const add = (name: string, spec: types.input.networking.v1.NetworkPolicySpec) =>
    new networking.v1.NetworkPolicy(name, { metadata: named(name), spec }, options);
  const nameServer = {
    namespaceSelector: inNamespace("kube-system"),
    podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
  };
  add("default", {
    podSelector: {},
    policyTypes: ["Ingress", "Egress"],
    egress: [{ to: [nameServer], ports: [port(53, "UDP"), port(53)] }],
  });
  for (const [component, numbers] of Object.entries(REACHES)) {
    add(`from-${component}`, {
      podSelector: { matchLabels: labels(component) },
      policyTypes: ["Egress"],
      egress: [{ ports: numbers.map((number) => port(number)) }],
    });
  }
  add("to-web", {
    podSelector: web,
    policyTypes: ["Ingress"],
    ingress: [{ from: [{ namespaceSelector: inNamespace(CONTROLLER) }], ports: [port(8000)] }],
  });
}

function inNamespace(name: string) {
  return { matchLabels: { "kubernetes.io/metadata.name": name } };
}
