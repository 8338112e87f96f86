/** The variables of all processes: those that anybody may read, and the names of the secret ones. */

import { Chart } from "cdk8s";
import { k8s } from "cdk8s-plus-33";

import { Settings } from "./settings";

/** What the ConfigMap and the Secret are called. */
const NAME = "mublog";

/** Their values are in the cluster alone: this program never sees them. */
const SECRETS = [
  "SECRET_KEY",
  "DATABASE_URL",
  "CACHE_URL",
  "BROKER_URL",
  "EMAIL_URL",
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
];

function configuration(settings: Settings): Record<string, string> {
  return {
    ALLOWED_HOSTS: settings.host,
    SITE_URL: `https://${settings.host}`,
    DEFAULT_FROM_EMAIL: `mublog@${settings.host}`,
    MEDIA_BUCKET: settings.bucket,
    MEDIA_REGION: settings.region,
    TRUSTED_PROXIES: "1",
    WEB_CONCURRENCY: "2",
  };
}

export function addConfiguration(chart: Chart, settings: Settings): void {
  const data = configuration(settings);
  new k8s.KubeConfigMap(chart, "configuration", { metadata: { name: NAME }, data });
}

/** How a container gets all variables. The secret ones are named: no other key gets in. */
export const VARIABLES: Pick<k8s.Container, "env" | "envFrom"> = {
  envFrom: [{ configMapRef: { name: NAME } }],
  env: SECRETS.map((key) => ({ name: key, valueFrom: { secretKeyRef: { name: NAME, key } } })),
};
