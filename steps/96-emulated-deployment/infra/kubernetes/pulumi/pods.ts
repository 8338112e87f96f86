/** What the Pods of all processes have in common, as in `../pods.ts`. */

import { types } from "@pulumi/kubernetes";

import { configurationHash, NAME, SECRETS } from "../configuration";
import { CONFINED, labels, SECONDS_TO_STOP, USER, WAIT } from "../pods";
import { Settings } from "../settings";

export type Container = Partial<types.input.core.v1.Container>;
type PodSpec = types.input.core.v1.PodSpec;

function container(settings: Settings, name: string, own: Container) {
  return {
    name,
    image: settings.image,
    envFrom: [{ configMapRef: { name: NAME } }],
    env: SECRETS.map((key) => ({ name: key, valueFrom: { secretKeyRef: { name: NAME, key } } })),
    securityContext: CONFINED,
    resources: { requests: { cpu: "100m", memory: "512Mi" }, limits: { memory: "512Mi" } },
    volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
    ...own,
  };
}

export function podSpec(settings: Settings, component: string, own: Container): PodSpec {
  return {
    securityContext: USER,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: SECONDS_TO_STOP,
    containers: [container(settings, component, own)],
    volumes: [{ name: "tmp", emptyDir: { medium: "Memory", sizeLimit: "64Mi" } }],
  };
}

export function podTemplate(settings: Settings, component: string, own: Container) {
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
