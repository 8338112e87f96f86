/**
 * What a laptop lacks: a database, a Redis, and a volume for the images.
 *
 * For development alone: passwords are in here, and data is gone with its Pod. Elsewhere, these are
 * services outside of the cluster.
 */

import { Chart } from "cdk8s";
import { k8s } from "cdk8s-plus-33";

import { policy, port, REACHES } from "./network";
import { CONFINED, labels } from "./pods";

interface Server {
  name: string;
  image: string;
  port: number;
  /** The folders that it writes to. */
  folders: string[];
  command?: string[];
  env?: k8s.EnvVar[];
}

export function addDevelopment(chart: Chart): void {
  addServer(chart, {
    name: "postgres",
    image: "postgres:18",
    port: 5432,
    folders: ["/var/lib/postgresql", "/var/run/postgresql", "/tmp"],
    env: ["POSTGRES_USER", "POSTGRES_PASSWORD"].map((name) => ({ name, value: "mublog" })),
  });
  const limits = "--maxmemory 128mb --maxmemory-policy noeviction --protected-mode no";
  addServer(chart, {
    name: "redis",
    image: "valkey/valkey:8",
    port: 6379,
    folders: ["/data"],
    command: ["valkey-server", ...limits.split(" ")],
  });
  new k8s.KubePersistentVolumeClaim(chart, "media", {
    metadata: { name: "media" },
    spec: {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: k8s.Quantity.fromString("1Gi") } },
    },
  });
}

function addServer(chart: Chart, server: Server): void {
  const { name, image, command, env } = server;
  const own = labels(name);
  const listens = k8s.IntOrString.fromNumber(server.port);
  new k8s.KubeDeployment(chart, name, {
    metadata: { name, labels: own },
    spec: {
      replicas: 1,
      strategy: { type: "Recreate" },
      selector: { matchLabels: own },
      template: {
        metadata: { labels: own },
        spec: {
          // The user of both images.
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 999,
            fsGroup: 999,
            seccompProfile: { type: "RuntimeDefault" },
          },
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          containers: [
            {
              name,
              image,
              command,
              env,
              securityContext: CONFINED,
              readinessProbe: { tcpSocket: { port: listens } },
              resources: { limits: { memory: k8s.Quantity.fromString("512Mi") } },
              volumeMounts: server.folders.map((mountPath, number) => ({
                name: `folder-${number}`,
                mountPath,
              })),
            },
          ],
          volumes: server.folders.map((_, number) => ({ name: `folder-${number}`, emptyDir: {} })),
        },
      },
    },
  });
  new k8s.KubeService(chart, `${name}-service`, {
    metadata: { name, labels: own },
    spec: { selector: own, ports: [{ port: server.port }] },
  });
  const clients = Object.entries(REACHES).filter(([, ports]) => ports.includes(server.port));
  policy(chart, `to-${name}`, {
    podSelector: { matchLabels: own },
    policyTypes: ["Ingress"],
    ingress: [
      {
        from: clients.map(([client]) => ({ podSelector: { matchLabels: labels(client) } })),
        ports: [port(server.port)],
      },
    ],
  });
}
