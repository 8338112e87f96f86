/** What the Pods of all processes have in common: their image, their variables, and few rights. */

import { k8s } from "cdk8s-plus-33";

import { configurationHash, VARIABLES } from "./configuration";
import { Settings } from "./settings";

/** The labels by which the Pods of a kind of process are found, such as those of `web`. */
export function labels(component: string): Record<string, string> {
  return { "app.kubernetes.io/name": "mublog", "app.kubernetes.io/component": component };
}

/** After the preStop hook, gunicorn has 30 seconds for open requests, and a worker 20 for tasks. */
export const SECONDS_TO_STOP = 45;

/** The user of the image, by number, and the system calls that container runtimes allow. */
export const USER: k8s.PodSecurityContext = {
  runAsNonRoot: true,
  runAsUser: 10001,
  runAsGroup: 10001,
  fsGroup: 10001,
  seccompProfile: { type: "RuntimeDefault" },
};

export const CONFINED: k8s.SecurityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  readOnlyRootFilesystem: true,
};

/** A Pod may use as much memory as is reserved for it, and any processor that is free. */
const MEMORY = k8s.Quantity.fromString("512Mi");
const RESOURCES: k8s.ResourceRequirements = {
  requests: { cpu: k8s.Quantity.fromString("100m"), memory: MEMORY },
  limits: { memory: MEMORY },
};

/** Asks until the database is as this version needs it. SIGTERM ends it: the Pod is stopped. */
export const WAIT = "trap 'exit 1' TERM; until python manage.py migrate --check; do sleep 3; done";

function container(settings: Settings, name: string, own: Partial<k8s.Container>): k8s.Container {
  return {
    name,
    image: settings.image,
    ...VARIABLES,
    securityContext: CONFINED,
    resources: RESOURCES,
    volumeMounts: [
      { name: "tmp", mountPath: "/tmp" },
      ...(settings.development ? [{ name: "media", mountPath: "/app/media" }] : []),
    ],
    ...own,
  };
}

/** Return what a Pod runs; `own` is what its container has alone. */
export function podSpec(
  settings: Settings,
  component: string,
  own: Partial<k8s.Container>,
): k8s.PodSpec {
  return {
    securityContext: USER,
    // No process calls Kubernetes, and none reads the variables that it sets for each Service.
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: SECONDS_TO_STOP,
    containers: [container(settings, component, own)],
    // What it may write to. The first is in memory, which counts as that of the container.
    volumes: [
      {
        name: "tmp",
        emptyDir: { medium: "Memory", sizeLimit: k8s.Quantity.fromString("64Mi") },
      },
      ...(settings.development
        ? [{ name: "media", persistentVolumeClaim: { claimName: "media" } }]
        : []),
    ],
  };
}

/** Return the template of Pods that wait for the migrations of their version. */
export function podTemplate(
  settings: Settings,
  component: string,
  own: Partial<k8s.Container>,
): k8s.PodTemplateSpec {
  return {
    metadata: {
      labels: labels(component),
      annotations: { "configuration-hash": configurationHash(settings) },
    },
    spec: {
      ...podSpec(settings, component, own),
      initContainers: [container(settings, "wait", { command: ["sh", "-c", WAIT] })],
    },
  };
}
